import { homedir } from "node:os";
import { join } from "node:path";

/** The folder that `frostkit native --pip` fills: in FROSTKIT_CACHE, else in the user's cache folder. */
export function cacheFolder(): string {
  const { FROSTKIT_CACHE, XDG_CACHE_HOME } = process.env;
  return join(FROSTKIT_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "frostkit"), "tensorflow");
}
