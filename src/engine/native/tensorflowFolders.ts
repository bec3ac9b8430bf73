import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../files/cacheFolder";

export interface Places {
  env: NodeJS.ProcessEnv;
  home: string;
  /** The root of the file system. */
  root: string;
  /** Where the active Python looks for packages. */
  pythonPath: string[];
}

/**
 * The folders in which a TensorFlow may stand, the likeliest first: the active Python's packages, the active environment's,
 * conda's and the system's (Kaggle keeps its own in the latter two), the user's, and what `frostkit native --pip` fetched.
 */
export function tensorflowFolders({ env, home, root, pythonPath }: Places): string[] {
  const prefixes = [
    ...[env.VIRTUAL_ENV, env.CONDA_PREFIX].filter((prefix) => prefix !== undefined && prefix !== ""),
    join(root, "opt/conda"),
    join(root, "usr/local"),
    join(root, "usr"),
    join(home, ".local"),
  ] as string[];
  return [...new Set([...pythonPath, ...prefixes.flatMap(foldersOf), cacheFolder("tensorflow")])];
}

/** The packages of each Python in a prefix, the newest Python first, and the prefix itself, which may hold the C library. */
function foldersOf(prefix: string): string[] {
  const lib = join(prefix, "lib");
  const pythons = existsSync(lib) ? readdirSync(lib).filter((name) => /^python3(\.\d+)?$/.test(name)) : [];
  const minor = (name: string) => Number(name.split(".")[1] ?? Number.POSITIVE_INFINITY);
  return [
    ...pythons
      .sort((a, b) => minor(b) - minor(a))
      .flatMap((python) => ["site-packages", "dist-packages"].map((name) => join(lib, python, name))),
    prefix,
  ];
}
