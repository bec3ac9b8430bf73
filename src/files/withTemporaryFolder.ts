import { mkdirSync, rmSync } from "node:fs";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

const ENDING = ".tmp";

/**
 * Runs work with a new folder `<stem>.….tmp`, which is gone afterwards, also where the process is ended meanwhile by `process.exit`. What
 * a killed process has left under this stem is removed first.
 */
export async function withTemporaryFolder<T>(stem: string, work: (folder: string) => Promise<T>): Promise<T> {
  for (const left of findAbandoned(stem, ENDING)) remove(left);
  const folder = claimUnfinished(stem, ENDING);
  const atExit = () => remove(folder);
  process.once("exit", atExit);
  try {
    mkdirSync(folder, { mode: 0o700 });
    return await work(folder);
  } finally {
    process.removeListener("exit", atExit);
    remove(folder);
    releaseUnfinished(folder);
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // It is another user's, or somebody writes to it still: the next run tries again.
  }
}
