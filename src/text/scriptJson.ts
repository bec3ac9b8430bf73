import { drawable } from "./drawable";
import { unicodeEscape } from "./json";

/**
 * A value as JSON that may stand in a page's script: nothing in it ends the script or a line of it, and its texts hold nothing that a
 * picture cannot.
 */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === "string" ? drawable(each) : each)).replace(
    /[<\u2028\u2029]/g,
    unicodeEscape,
  );
}
