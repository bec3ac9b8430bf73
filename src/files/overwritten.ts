import { resolve } from "node:path";
import { statIfThere } from "./statIfThere";

/** The first of the sources that writing to `target` would write over, however its path is spelt and through whatever link. */
export function overwritten(target: string, sources: readonly string[]): string | undefined {
  // A spelling by way of a folder that is not there yet leads nowhere before that is made.
  const written = [target, resolve(target)].map(statIfThere);
  return sources.find((source) => {
    const read = statIfThere(source);
    return read && written.some((stats) => stats?.dev === read.dev && stats.ino === read.ino);
  });
}
