import { type Stats, statSync } from "node:fs";
import { resolve } from "node:path";

/** The first of the sources that writing to `target` would write over, however its path is spelt and through whatever link. */
export function overwritten(target: string, sources: readonly string[]): string | undefined {
  // A spelling by way of a folder that is not there yet leads nowhere before that is made.
  const written = [target, resolve(target)].map(statsOf);
  return sources.find((source) => {
    const read = statsOf(source);
    return read && written.some((stats) => stats?.dev === read.dev && stats.ino === read.ino);
  });
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // Nothing is there.
  }
}
