import { rmdirSync } from "node:fs";

/** Takes a folder away where there is one with nothing in it. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It was never made, or holds something.
  }
}
