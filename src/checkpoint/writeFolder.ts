import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FrostError, InputError } from "../errors";
import { makeFolders } from "../makeFolders";
import { checkTarget } from "./checkTarget";
import { replaceFolder, restoreFolder, syncFolder } from "./replaceFolder";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/**
 * Writes a folder as a whole or not at all: `write` fills a fresh one beside it, then the two change places; after a crash at
 * any moment `restoreFolder` finds the old folder or the new one. A folder that is there already is replaced only if all it
 * holds `isOwn`; with anything else in it, nothing is touched. A link is replaced, what it leads to stays.
 *
 * @param what is saved, for the error: "a checkpoint"
 * @param source the folder that it was loaded from, which is never replaced
 * @throws InputError when the folder holds other things or is the source
 */
export async function writeFolder(
  folder: string,
  what: string,
  isOwn: (path: string) => boolean,
  write: (fresh: string) => Promise<void>,
  source?: string,
): Promise<void> {
  checkTarget(folder, source);
  restoreFolder(folder);
  const target = resolve(folder);
  checkReplaceable(folder, what, isOwn);
  const stem = join(dirname(target), `.${basename(target)}`);
  let fresh: string | undefined;
  try {
    makeFolders(dirname(target));
    for (const left of findAbandoned(stem, ".frostkit-new")) rmSync(left, { recursive: true, force: true });
    fresh = claimUnfinished(stem, ".frostkit-new");
    mkdirSync(fresh);
    await write(fresh);
    syncFolder(fresh);
    // Once more: somebody may have put a file there while the new one was written.
    checkReplaceable(folder, what, isOwn);
    replaceFolder(fresh, target);
  } catch (error) {
    if (error instanceof FrostError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new FrostError(
      `${folder}: could not be saved (${(error as Error).message}); what was there before is untouched`,
    );
  } finally {
    if (fresh !== undefined) {
      rmSync(fresh, { recursive: true, force: true });
      releaseUnfinished(fresh);
    }
  }
}

/** Throws where `writeFolder` would refuse the folder. */
export function checkReplaceable(folder: string, what: string, isOwn: (path: string) => boolean): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory())
    throw new InputError(`${folder}: expected a folder to save to, got a file`);
  const foreign = readdirSync(folder).filter((name) => !isOwn(join(folder, name)));
  if (foreign.length > 0)
    throw new InputError(
      `${folder}: also holds ${foreign.slice(0, 3).join(", ")}${foreign.length > 3 ? " …" : ""}, which saving ${what} here would delete: save to a new folder or move that away`,
    );
}

/** Writes a file and waits until it is on the disk. */
export function writeSynced(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, "w");
  try {
    // Unlike writeSync, which may write less than it is given and returns how much, this writes all or throws.
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
