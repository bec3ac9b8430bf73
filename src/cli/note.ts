import { visible } from "../freeze";

/** A line for people. It goes to stderr, so that stdout holds nothing but what a command makes. */
export function note(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}
