import { drawable } from "./drawable";

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as it may stand in HTML, attributes included. Control characters, which no page may hold, become their pictures. */
export function escapeHtml(text: string): string {
  return drawable(text).replace(/[&<>"']/g, (letter) => entities[letter]);
}
