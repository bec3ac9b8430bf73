import { readFileSync } from "node:fs";

/** What every PNG of the kit names as its software, near its start. */
export const PICTURE_MARK = "frostkit";

/** Whether a file is a PNG of the kit, so that a new one may take its place. */
export function isPicture(file: string): boolean {
  const start = readFileSync(file).toString("latin1", 0, 1000);
  return start.startsWith("\x89PNG") && start.includes(PICTURE_MARK);
}
