import { visible } from "../freeze";

const told = new Set<string>();

/** Says a line, the first time that it comes up in this process. */
export function tellOnce(line: string): void {
  if (told.has(line)) return;
  told.add(line);
  console.warn(`frostkit: ${visible(line)}`);
}
