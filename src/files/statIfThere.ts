import { type Stats, statSync } from "node:fs";

/**
 * What is at a path; undefined where nothing is, or where it cannot be looked at: a link to itself, a name that is too long, something in a
 * folder that may not be entered.
 */
export function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
