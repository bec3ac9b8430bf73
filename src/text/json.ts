import { InputError } from "../errors";
import { DEEPEST, nestedTooDeep } from "./nestedTooDeep";
import { oneLine } from "./oneLine";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws InputError naming the place where the text is not a JSON object */
export function parseJsonObject(where: string, text: string): Record<string, unknown> {
  refuseMark(where, text);
  const value = parseJson(where, text);
  if (!isObject(value))
    throw new InputError(`${where}: expected a JSON object, got ${oneLine(text.slice(0, 40))}`);
  return value;
}

/** @throws InputError naming the place where the text is not JSON, or nests deeper than any file that is meant well */
export function parseJson(where: string, text: string, what = "JSON"): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: expected ${what}, got ${oneLine((error as Error).message)}`);
  }
  if (nestedTooDeep(text))
    throw new InputError(
      `${where}: expected ${what}, lists and objects at most ${DEEPEST} deep in it, got deeper ones`,
    );
  return value;
}

/** Python's json reads no text that begins with a byte order mark, as some editors write it, and nothing but UTF-8. */
function refuseMark(where: string, text: string): void {
  const came = text.startsWith("\uFEFF")
    ? "UTF-8 with a byte order mark (BOM)"
    : text.startsWith("\uFFFD\uFFFD") && text.includes("\0")
      ? "UTF-16"
      : null;
  if (came !== null)
    throw new InputError(
      `${where}: expected JSON in UTF-8, got ${came}, which Python does not read; save it as UTF-8 without BOM`,
    );
}

/** A character as JSON may spell it: "\u003c". */
export const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
