import { homedir } from "node:os";
import { join } from "node:path";

/**
 * A folder of the kit's cache: "tensorflow", which `frostkit native --pip` fills, "packages", what npm left out, or "kept", what runs
 * leave for later ones. It lies in FROSTKIT_CACHE, else in the user's cache folder.
 */
export function cacheFolder(part: "tensorflow" | "packages" | "kept"): string {
  const { FROSTKIT_CACHE, XDG_CACHE_HOME } = process.env;
  return join(FROSTKIT_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "frostkit"), part);
}
