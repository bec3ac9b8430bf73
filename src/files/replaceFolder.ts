import { closeSync, existsSync, fsyncSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf } from "./codeOf";

/**
 * Puts the finished folder `fresh` in the place of `folder`. Node cannot exchange two folders in one step, so the old one steps
 * aside under a fixed name first; a crash between the two renames is undone by the next `restoreFolder`.
 */
export function replaceFolder(fresh: string, folder: string): void {
  restoreFolder(folder);
  const old = aside(folder);
  for (let tries = 1; ; tries++) {
    rmSync(old, { recursive: true, force: true });
    if (lstatSync(folder, { throwIfNoEntry: false })) renameSync(folder, old);
    try {
      renameSync(fresh, folder);
      break;
    } catch (error) {
      restoreFolder(folder);
      // Somebody who opened the folder between the two renames has put the old one back: once more.
      if (tries === 3 || !["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) throw error;
    }
  }
  syncFolder(dirname(resolve(folder)));
  rmSync(old, { recursive: true, force: true });
}

/** Brings the old folder back if a crash, or a save at this very moment, left none under its name. */
export function restoreFolder(folder: string): void {
  if (existsSync(folder) || !existsSync(aside(folder))) return;
  try {
    renameSync(aside(folder), folder);
  } catch (error) {
    // The save that was under way has finished.
    if (!existsSync(folder)) throw error;
  }
}

/** Waits until a folder's entries are on the disk. */
export function syncFolder(folder: string): void {
  // Windows opens no folder, and its renames need none of this.
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function aside(folder: string): string {
  const path = resolve(folder);
  return join(dirname(path), `.${basename(path)}.frostkit-old`);
}
