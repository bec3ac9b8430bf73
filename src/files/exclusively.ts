import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { FrostError } from "../errors";
import { codeOf } from "./codeOf";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/** Seconds after which what holds others up is what a crash left behind, and after which waiting ends. */
const CRASHED = 10;
const PATIENCE = 30;
const ENDING = ".tmp";

/**
 * Runs short work that no two processes may do at once: for as long as it takes, a folder of this path says so to the others, which wait.
 * In it lies an empty folder named after the process, so that what a killed one left holds nobody up.
 *
 * @throws FrostError where the others do not come to an end
 */
export function exclusively<T>(path: string, work: () => T): T {
  const begun = Date.now();
  clearAbandoned(path);
  const fresh = claimUnfinished(path, ENDING);
  const name = basename(fresh);
  try {
    mkdirSync(fresh);
    mkdirSync(join(fresh, name));
    while (!take(fresh, path)) {
      breakOpen(path);
      if (Date.now() - begun > 1000 * PATIENCE)
        throw new FrostError(
          `${path}: expected to wait for a moment, waited ${PATIENCE} s; remove it if nothing runs`,
        );
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
    try {
      return work();
    } finally {
      remove(join(path, name));
      remove(path);
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    releaseUnfinished(fresh);
  }
}

/** Takes away what a killed process left of such work. */
export function clearExclusively(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) exclusively(path, () => {});
  else clearAbandoned(path);
}

function clearAbandoned(path: string): void {
  for (const left of findAbandoned(path, ENDING)) rmSync(left, { recursive: true, force: true });
}

/** Moves the folder to where it tells others to wait: it takes the place of none, or of an empty one, and of no other. */
function take(fresh: string, path: string): boolean {
  const now = new Date();
  utimesSync(join(fresh, basename(fresh)), now, now);
  try {
    renameSync(fresh, path);
    return true;
  } catch (error) {
    // Windows puts no folder in the place of another.
    const taken = ["ENOTEMPTY", "EEXIST", ...(process.platform === "win32" ? ["EPERM", "EACCES"] : [])];
    if (!taken.includes(codeOf(error) ?? "")) throw error;
    return false;
  }
}

/** Takes away the name of a process that has ended: no two processes have one, so that of those who wait none takes away another's. */
function breakOpen(path: string): void {
  const ended = new Set(findAbandoned(join(path, basename(path)), ENDING));
  for (const name of namesIn(path)) {
    const marker = join(path, name);
    const since = statSync(marker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (ended.has(marker) || Date.now() - since > 1000 * CRASHED) remove(marker);
  }
  remove(path);
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return [];
  }
}

/** Removes a folder that is empty; one that is not is another's by now. */
function remove(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) throw error;
  }
}
