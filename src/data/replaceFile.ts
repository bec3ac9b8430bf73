import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { claimUnfinished, releaseUnfinished } from "../checkpoint/unfinished";

/** Writes a text file as a whole or not at all: what stood there stays until the new text is on the disk. */
export function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = claimUnfinished(join(dirname(path), `.${basename(path)}`), ".tmp");
  try {
    writeFileSync(unfinished, text, { flag: "wx", flush: true });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
    releaseUnfinished(unfinished);
  }
}
