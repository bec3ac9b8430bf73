import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";

/**
 * The path of a model or table that comes with frostkit, wherever it is installed and whatever folder the notebook runs in.
 *
 *     const model = await AutoModelForSequenceClassification.fromPretrained(bundled("mini-bert-en"));
 *     const table = await readTable(bundled("short-reviews/train.csv"));
 *
 * Throws an InputError where there is no such thing.
 */
export function bundled(name: string): string {
  const path = join(__dirname, "..", "..", "data", name);
  if (!existsSync(path))
    throw new InputError(
      `bundled: expected "mini-bert-en" or a file of "short-reviews", got ${JSON.stringify(name)}; ${path} does not exist`,
    );
  return path;
}
