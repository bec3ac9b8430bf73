import { visible } from "../freeze";
import { unicodeEscape } from "../text/json";

/** What a command makes, on stdout. Nothing in it steers the terminal, whatever names it holds. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** Values as JSON, one a line, on stdout. */
export function printJson(...values: unknown[]): void {
  // JSON escapes the rest of the control characters itself.
  for (const value of values)
    process.stdout.write(`${JSON.stringify(value).replace(/\p{Cc}/gu, unicodeEscape)}\n`);
}
