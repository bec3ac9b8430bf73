import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { entriesIn } from "../files/entriesIn";
import { recordsName } from "../files/recordsName";
import { isPredictionsName, PREDICTIONS, predictionsName } from "./predictionsName";

/**
 * Removes what a trial's earlier runs, which were killed before their record was written, have left of its predictions: files of its name that
 * no record in the sweep's folder names, be it one that was set aside.
 */
export function clearPredictions(folder: string, trial: string): void {
  const start = predictionsName(trial, Buffer.of()).replace(/[0-9a-f]{16}\.safetensors$/, "");
  const place = join(folder, PREDICTIONS);
  const files = entriesIn(place)
    .map(({ name }) => `${PREDICTIONS}/${name}`)
    .filter((name) => name.startsWith(start) && isPredictionsName(name) && name.length === start.length + 28);
  if (files.length < 2) return;
  const [word, ending] = recordsName.split(".");
  const records = readdirSync(folder)
    .filter((name) => name.startsWith(word) && name.endsWith(ending))
    .map((name) => readFileSync(join(folder, name)));
  for (const file of files)
    if (!records.some((text) => text.includes(file))) rmSync(join(folder, file), { force: true });
}
