import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf } from "./codeOf";

/**
 * Makes a folder and those around it that are missing; the outermost that was made, or undefined where it was there. Node.js's own way
 * (`recursive`) tries for ever where a file system takes no folders at all, as /proc does.
 *
 * @throws the file system's error where one of them cannot be made
 */
export function makeFolders(path: string): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); !statSync(at, { throwIfNoEntry: false }); at = dirname(at))
    missing.unshift(at);
  for (const folder of missing)
    try {
      mkdirSync(folder);
    } catch (error) {
      // Somebody else was faster.
      if (codeOf(error) !== "EEXIST") throw error;
    }
  return missing[0];
}
