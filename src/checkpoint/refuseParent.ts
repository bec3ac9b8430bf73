import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";
import { someOf } from "../text/someOf";
import { configFile, describeNames, listNames } from "./modelFiles";
import { encoderFolder } from "./sentenceTransformers";

/** As many are named; a training may have left hundreds. */
const NAMED = 5;

/**
 * Throws where a folder is no model's, but has models in it: a training's with its checkpoints, the Hub's cache of a model, or one of
 * sentence-transformers with the encoder in a folder. The error names them, the one that was written last first.
 */
export function refuseParent(folder: string): void {
  if (existsSync(join(folder, configFile))) return;
  const encoder = encoderFolder(folder);
  if (encoder !== undefined)
    throw new InputError(
      `${folder}: expected ${configFile}; ${describeNames(listNames(folder))}; its encoder lies in ${encoder}: load ${join(folder, encoder)}`,
    );
  const models = checkpointsIn(folder);
  if (models.length === 0) return;
  throw new InputError(
    `${folder}: expected a model's folder with ${configFile}, got one around ${someOf(models, NAMED)}; name ${models.length === 1 ? "that" : "one of them"}: ${join(folder, models[0])}`,
  );
}

/** Paths of the models' folders in a folder or one below, as `snapshots/…` of the Hub's cache; of numbered ones the highest first. */
function checkpointsIn(folder: string): string[] {
  const inside = (path: string) =>
    readdirSync(join(folder, path), { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith(".") && !entry.isFile())
      .map(({ name }) => join(path, name));
  const isModel = (path: string) => existsSync(join(folder, path, configFile));
  const byNumber = new Intl.Collator("en", { numeric: true });
  const near = inside("");
  const models = near.filter(isModel);
  const found =
    models.length > 0 ? models : near.flatMap((path) => readable(() => inside(path))).filter(isModel);
  return found.sort((a, b) => byNumber.compare(b, a));
}

/** What cannot be looked into holds nothing. */
function readable(list: () => string[]): string[] {
  try {
    return list();
  } catch {
    return [];
  }
}
