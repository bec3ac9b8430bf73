import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { weightsFile } from "../checkpoint/modelFiles";
import { CHECKPOINT, isKits } from "../checkpoint/saveCheckpoint";
import { checkTarget } from "../files/checkTarget";
import { FoldFile } from "./FoldFile";
import { OUT_OF_FOLD } from "./outOfFoldTable";
import { clearTrialStates } from "./trialState";

/**
 * Removes what an earlier cross-validation left in its folder, of however many folds, and nothing that the kit did not write.
 *
 * @param count how many folds are to be written: what stands in their place and is no fold is refused before anything is removed
 * @param source the folder that the model was loaded from
 * @throws InputError where that is the model of a fold, or a fold's file cannot be read
 */
export function clearFolds(folder: string, count: number, source: string | undefined): void {
  const names = readdirSync(folder);
  const files = names
    .flatMap((name) => /^fold-(0|[1-9]\d*)\.safetensors$/.exec(name)?.[1] ?? [])
    .map((fold) => new FoldFile(folder, Number(fold)))
    .filter((file) => (file.fold < count ? file.read() !== null : isFold(file)));
  const models = names
    .filter((name) => /^fold-(?:0|[1-9]\d*)$/.test(name))
    .map((name) => join(folder, name))
    .filter(isSavedModel);
  for (const model of models) checkTarget(model, source);
  // First of all: it is what says that the folds are complete.
  rmSync(join(folder, OUT_OF_FOLD), { force: true });
  for (const file of files) rmSync(file.path);
  for (const model of models) rmSync(model, { recursive: true });
  clearTrialStates(folder);
}

function isFold(file: FoldFile): boolean {
  try {
    return file.read() !== null;
  } catch {
    return false;
  }
}

/** Whether a fold's folder holds a model as `savePretrained` writes it, and nothing else. A link to one is somebody's. */
function isSavedModel(path: string): boolean {
  return (
    lstatSync(path).isDirectory() &&
    isKits(join(path, weightsFile)) &&
    readdirSync(path).every((name) => CHECKPOINT.isOwn(join(path, name)))
  );
}
