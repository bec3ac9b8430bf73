import { escapeHtml } from "./escapeHtml";

/** An SVG picture as an `<img>`, which front ends keep where they take inline SVG and scripts out of what they do not trust. */
export function svgImage(svg: string, alt: string): string {
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return `<img src="${source}" alt="${escapeHtml(alt)}" style="max-width: 100%">`;
}
