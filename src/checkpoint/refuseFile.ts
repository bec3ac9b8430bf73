import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../errors";
import { endings } from "../files/endings";
import { hasEnding } from "../files/hasEnding";
import { carriedFiles, configFile } from "./modelFiles";

/** What there is to do where somebody named something else than a model. */
export const NAME_A_MODEL =
  "name a model's folder, as savePretrained or frostkit finetune --save writes it, or an id on the Hub";

/** Throws for a file that was named in place of a model's folder: a file of a model, a table, an image. */
export function refuseFile(path: string): never {
  const what = hasEnding(path, endings.tables)
    ? "a table"
    : hasEnding(path, endings.images)
      ? "an image"
      : "a file";
  const folder = dirname(path);
  const isModels = carriedFiles.includes(basename(path)) || existsSync(join(folder, configFile));
  const cure = isModels ? `name the folder it lies in: ${folder}` : NAME_A_MODEL;
  throw new InputError(`${path}: expected a model's folder with ${configFile}, got ${what}; ${cure}`);
}
