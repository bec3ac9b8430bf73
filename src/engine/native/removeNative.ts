import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../files/cacheFolder";
import { installation } from "../../packages/packageFolder";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { explainFileError } from "./explainFileError";
import { STAGING } from "./link";

/**
 * Takes away what `frostkit native` made, with --pip and --official too: a tfjs-node-gpu that npm installed is then as without
 * scripts, one that was fetched is gone. Returns what there was to remove.
 */
export function removeNative(files: BindingFiles = bindingFiles()): string[] {
  const staging = existsSync(files.folder)
    ? readdirSync(files.folder).filter((name) => name.startsWith(STAGING))
    : [];
  const paths = [
    ...[
      files.binding,
      files.capture,
      files.functions,
      files.kernels,
      files.stamp,
      ...staging.map((name) => join(files.folder, name)),
    ],
    ...["deps", `build-tmp-napi-v8`].map((name) => join(files.package, name)),
    ...[cacheFolder("tensorflow"), `${cacheFolder("tensorflow")}.partial`],
    installation("@tensorflow/tfjs-node-gpu"),
  ].filter((path) => existsSync(path));
  for (const path of paths) {
    try {
      rmSync(path, { recursive: true });
    } catch (error) {
      throw explainFileError(error, path);
    }
  }
  return paths;
}
