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
import { someOf } from "../text/someOf";
import { checkTarget } from "./checkTarget";
import { checkWritable, namedPath } from "./checkWritable";
import { makeFolders } from "./makeFolders";
import { replaceFolder, restoreFolder, syncFolder } from "./replaceFolder";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/** What a folder is written as: "a checkpoint", and whether a path in it is that of something that the next one replaces. */
export interface FolderKind {
  what: string;
  isOwn(path: string): boolean;
}

/**
 * Writes a folder as a whole or not at all: `write` fills a fresh one beside it, then the two change places; after a crash at
 * any moment `restoreFolder` finds the old folder or the new one. A folder that is there already is replaced only if all it
 * holds is of its kind; with anything else in it, nothing is touched. A link is replaced, what it leads to stays.
 *
 * @param source the folder that it was loaded from, which is never replaced
 * @throws InputError when the folder holds other things or is the source
 */
export async function writeFolder(
  folder: string,
  kind: FolderKind,
  write: (fresh: string) => Promise<void>,
  source?: string,
): Promise<void> {
  checkTarget(folder, source);
  const target = resolve(folder);
  restoreFolder(target);
  checkReplaceable(folder, kind);
  const stem = join(dirname(target), `.${basename(target)}`);
  let fresh: string | undefined;
  try {
    makeFolders(dirname(target));
    for (const left of findAbandoned(stem, ".frostkit-new")) rmSync(left, { recursive: true, force: true });
    const claimed = claimUnfinished(stem, ".frostkit-new");
    mkdirSync(claimed);
    fresh = claimed;
    await write(fresh);
    syncFolder(fresh);
    // Once more: somebody may have put a file there while the new one was written.
    checkReplaceable(folder, kind);
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

/**
 * Throws where `writeFolder` would refuse the folder or fail to write it: no work must end in vain.
 *
 * @param options.source the folder that is never replaced
 * @param options.needed bytes that will be written
 * @param options.option of the command line that names the folder, for errors
 */
export function checkSaveFolder(
  folder: string,
  kind: FolderKind,
  options: { source?: string; needed?: number; option?: string },
): void {
  checkTarget(folder, options.source);
  checkReplaceable(folder, kind, options.option);
  checkWritable(folder, options);
}

function checkReplaceable(folder: string, { what, isOwn }: FolderKind, option?: string): void {
  // As it is written to: "table.csv/" is no path where table.csv is a file, which would be replaced.
  const target = resolve(folder);
  if (!existsSync(target)) return;
  const named = namedPath(folder, option);
  if (!statSync(target).isDirectory())
    throw new InputError(`${named} is a file, expected a folder to save to`);
  const foreign = readdirSync(target).filter((name) => !isOwn(join(target, name)));
  if (foreign.length > 0)
    throw new InputError(
      `${named} also holds ${someOf(foreign, 3)}, which saving ${what} here would delete: save to a new folder or move that away`,
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
