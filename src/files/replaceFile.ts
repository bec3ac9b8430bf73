import { renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkPath } from "./checkPath";
import { makeFolders } from "./makeFolders";
import { claimUnfinished, releaseUnfinished } from "./unfinished";

/** Writes a file as a whole or not at all: what stood there stays until the new one is on the disk. */
export function replaceFile(path: string, content: string | Buffer): void {
  checkPath(path);
  makeFolders(dirname(path));
  const unfinished = claimUnfinished(join(dirname(path), `.${basename(path)}`), ".tmp");
  try {
    writeFileSync(unfinished, content, { flag: "wx", flush: true });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
    releaseUnfinished(unfinished);
  }
}
