import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkTarget } from "../checkpoint/checkTarget";
import { checkWritable } from "../checkpoint/checkWritable";
import { isCheckpointFile } from "../checkpoint/saveCheckpoint";
import { InputError } from "../errors";

/**
 * Throws where `saveCheckpoint` would refuse the folder or fail to write it: a training must not end in vain. What is there may be
 * replaced if it holds a checkpoint's files alone.
 *
 * @param model the folder that the model is loaded from, where it is one
 * @param needed bytes that will be written
 */
export function checkSaveFolder(folder: string, model?: string, needed?: number): void {
  checkTarget(folder, model);
  checkWritable(folder, { option: "--save", needed });
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory())
    throw new InputError(`--save: expected a folder to save to, got the file ${folder}`);
  const foreign = readdirSync(folder).find((name) => !isCheckpointFile(join(folder, name)));
  if (foreign !== undefined)
    throw new InputError(
      `--save: expected a new folder or one with a model alone, got ${folder}, which also holds ${foreign}`,
    );
}
