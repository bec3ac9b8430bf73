import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";
import { foldersWith } from "../files/foldersWith";
import { recordsName } from "../files/recordsName";
import { someOf } from "../text/someOf";
import { folderKind } from "./folderKind";
import { configFile, describeNames, listNames } from "./modelFiles";
import { NAME_A_MODEL } from "./refuseFile";
import { encoderFolder } from "./sentenceTransformers";

/** As many are named; a training may have left hundreds. */
const NAMED = 5;

/** Throws where a folder holds no config.json; the error says what it is instead, or what lies in it. */
export function checkModelFolder(folder: string): void {
  if (existsSync(join(folder, configFile))) return;
  refuseParent(folder);
  throw new InputError(`${folder}: expected ${configFile}; ${describeNames(listNames(folder))}`);
}

/**
 * Throws where a folder is no model's, but has models in it: a training's with its checkpoints, the Hub's cache of a model, or one of
 * sentence-transformers with the encoder in a folder. The error names them, the one that was written last first. Throws as well where it
 * is a folder of another kind, as a sweep's or one of tables.
 */
export function refuseParent(folder: string): void {
  if (existsSync(join(folder, configFile))) return;
  const encoder = encoderFolder(folder);
  if (encoder !== undefined)
    throw new InputError(
      `${folder}: expected ${configFile}; ${describeNames(listNames(folder))}; its encoder lies in ${encoder}: load ${join(folder, encoder)}`,
    );
  // Also one folder below, as `snapshots/…` of the Hub's cache; of numbered ones the highest first.
  const models = foldersWith(folder, configFile, 2).reverse();
  const expected = `${folder}: expected a model's folder with ${configFile}, got`;
  if (models.length > 0)
    throw new InputError(
      `${expected} one around ${someOf(models, NAMED)}; name ${models.length === 1 ? "that" : "one of them"}: ${join(folder, models[0])}`,
    );
  const kind = folderKind(folder);
  if (kind !== null) throw new InputError(`${expected} ${kind}; ${NAME_A_MODEL}`);
  if (foldersWith(folder, recordsName, 4).length > 0)
    throw new InputError(`${expected} one around sweeps, which hold records and no weights; ${NAME_A_MODEL}`);
}
