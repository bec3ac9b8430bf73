import { InputError } from "../../src/errors";

/** No terminal shows a longer line whole, and a file's content has no place in one. */
const LONGEST = 1500;

/** What is wrong with an error as the answer to a broken file; null for one line that says what is wrong with which file. */
export function fault(error: unknown, folder: string | null): string | null {
  if (!(error instanceof InputError))
    return `expected an InputError, got ${(error as Error)?.stack ?? error}`;
  const { message } = error;
  if (/[\n\r\p{Cc}]/u.test(message)) return `expected one line of plain text, got ${JSON.stringify(message)}`;
  if (message.length > LONGEST)
    return `expected a line of at most ${LONGEST} characters, got ${message.length}: ${message.slice(0, 200)} …`;
  if (folder !== null && !message.includes(folder)) return `expected the file to be named, got ${message}`;
  return null;
}
