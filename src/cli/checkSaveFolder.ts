import { existsSync, readdirSync, statSync } from "node:fs";
import { configFile, shardIndexFile, tokenizerFiles, weightsFile } from "../checkpoint/modelFiles";
import { InputError } from "../errors";

/**
 * Throws where `saveCheckpoint` would refuse the folder: a training must not end in vain. What is there may be replaced if it
 * holds a checkpoint's files alone.
 */
export function checkSaveFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory())
    throw new InputError(`--save: expected a folder to save to, got the file ${folder}`);
  const own = [configFile, weightsFile, shardIndexFile, ...tokenizerFiles];
  const foreign = readdirSync(folder).find(
    (name) => !own.includes(name) && !/^model-\d+-of-\d+\.safetensors$/.test(name),
  );
  if (foreign !== undefined)
    throw new InputError(
      `--save: expected a new folder or one with a model alone, got ${folder}, which also holds ${foreign}`,
    );
}
