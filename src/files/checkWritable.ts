import { lstatSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../errors";
import { megabytes } from "../text/numbers";
import { checkPath } from "./checkPath";
import { codeOf } from "./codeOf";
import { freeBytes } from "./freeBytes";
import { makeFolders } from "./makeFolders";
import { removeIfEmpty } from "./removeIfEmpty";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/** As of the folders that `writeFolder` writes, for a name of the same length. */
const ENDING = ".frostkit-new";

/**
 * Finds out before long work whether a file or folder can be written at its end: by making a folder beside it, under a name as long as a
 * save's own, and taking it away again. What is there, and folders that are not there yet, stay as they are.
 *
 * @param options.needed bytes that there must be room for
 * @param options.option of the command line that names the path, for errors
 * @throws InputError naming the path and what stands in the way
 */
export function checkWritable(path: string, options: { needed?: number; option?: string } = {}): void {
  checkPath(path);
  const { needed = 0, option } = options;
  const named = namedPath(path, option);
  const target = resolve(path);
  const parent = dirname(target);
  const stem = join(parent, `.${basename(target)}`);
  const probe = claimUnfinished(stem, ENDING);
  let made: string | undefined;
  try {
    made = makeFolders(parent);
    // Of one that was killed at this very moment.
    for (const left of findAbandoned(stem, ENDING)) removeIfEmpty(left);
    mkdirSync(probe);
    rmdirSync(probe);
    const free = freeBytes(parent);
    if (needed > free)
      throw new InputError(
        `${named} expected room for ${megabytes(needed)} MB, got ${megabytes(free)} MB: free some, or name another disk`,
      );
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${named} cannot be written (${codeOf(error)}); name a place that can be written to`,
    );
  } finally {
    releaseUnfinished(probe);
    if (made !== undefined) removeEmpty(parent, resolve(made));
  }
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there?.isDirectory() && there.dev !== statSync(parent).dev)
    throw new InputError(
      `${named} expected a folder that can be replaced, got one where a disk is mounted; name a folder inside`,
    );
}

/** How an error begins: with the path, behind the option of the command line that names it. */
export const namedPath = (path: string, option: string | undefined): string =>
  option === undefined ? `${path}:` : `${option}: ${path}`;

/** Takes away the folders from `deepest` up to `first` that were made here, as far as nobody has put anything in them. */
function removeEmpty(deepest: string, first: string): void {
  try {
    for (let at = deepest; at.length >= first.length; at = dirname(at)) rmdirSync(at);
  } catch {
    // Somebody has.
  }
}
