import { visible } from "../freeze";

/** A text that may hold anything as a part of a line: white space of any kind becomes one blank. */
export const oneLine = (text: string): string => visible(text.replace(/\s+/g, " "));

/** What an error says, in its first line. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0];
