import { drawable } from "./drawable";

/** A name as Plotly shall show it: Plotly reads a little HTML in texts, and `%{…}` in hover templates. */
export function plotText(text: string): string {
  return drawable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("%{", "%&#123;");
}
