import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getRepoFolderName } from "@huggingface/hub";
import { chooseWeights, configFile, isIndex, readShardIndex, weightsFile } from "./modelFiles";

/** The folder in the Hub's cache that holds all of a model: `blobs/`, `refs/` and `snapshots/<commit>/`. */
export function repoFolder(cache: string, id: string): string {
  return join(cache, getRepoFolderName({ type: "model", name: id }));
}

/**
 * The snapshot of a revision as it is in the cache, whether Python or this kit put it there, and which of the files that a
 * checkpoint needs it lacks; undefined where the revision is not cached.
 */
export function cachedSnapshot(
  cache: string,
  id: string,
  revision: string,
): { folder: string; missing: string | undefined } | undefined {
  const repo = repoFolder(cache, id);
  const ref = join(repo, "refs", revision);
  const commit = existsSync(ref) ? readFileSync(ref, "utf8").trim() : revision;
  const folder = join(repo, "snapshots", commit);
  return existsSync(folder) ? { folder, missing: findMissing(folder) } : undefined;
}

function findMissing(folder: string): string | undefined {
  const lacks = (name: string) => !existsSync(join(folder, name));
  if (lacks(configFile)) return configFile;
  const weights = chooseWeights((name) => !lacks(name));
  if (weights === undefined) return weightsFile;
  return isIndex(weights) ? [...readShardIndex(folder, weights).values()].find(lacks) : undefined;
}
