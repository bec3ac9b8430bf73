import { renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkPath } from "./checkPath";
import { makeFolders } from "./makeFolders";
import { syncFolder } from "./replaceFolder";
import { withUnfinished } from "./unfinished";

/** Writes a file as a whole or not at all: what stood there stays until the new one is on the disk. */
export function replaceFile(path: string, content: string | Buffer): void {
  checkPath(path);
  makeFolders(dirname(path));
  withUnfinished(join(dirname(path), `.${basename(path)}`), ".tmp", (unfinished) => {
    writeFileSync(unfinished, content, { flag: "wx", flush: true });
    renameSync(unfinished, path);
    syncFolder(dirname(path));
  });
}
