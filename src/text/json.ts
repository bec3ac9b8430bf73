import { InputError } from "../errors";
import { oneLine } from "./oneLine";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws InputError naming the place where the text is not a JSON object */
export function parseJsonObject(where: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: expected JSON, got ${oneLine((error as Error).message)}`);
  }
  if (!isObject(value))
    throw new InputError(`${where}: expected a JSON object, got ${oneLine(text.slice(0, 40))}`);
  return value;
}

/** A character as JSON may spell it: "\u003c". */
export const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
