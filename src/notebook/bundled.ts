import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";

/**
 * The path of a model or table that comes with frostkit, wherever it is installed and whatever folder the notebook runs in: the
 * encoder `all-MiniLM-L6-v2` and the table `banking-intents`, or a file of either.
 *
 * @throws InputError where there is no such thing
 * @example
 * ```ts
 * const model = await AutoModelForSequenceClassification.fromPretrained(bundled("all-MiniLM-L6-v2"));
 * const table = await readTable(bundled("banking-intents/train.csv"));
 * ```
 */
export function bundled(name: string): string;
export function bundled(name: string, ...more: unknown[]): string {
  noOptions("bundled", more);
  checkArguments("bundled", { name });
  const folder = join(__dirname, "..", "..", "data");
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const path = join(folder, name);
  if (!there.includes(name.split(/[\\/]/)[0]) || !existsSync(path))
    throw new InputError(
      `bundled: expected ${there.join(" or ")}, or a file of them, got ${JSON.stringify(name)}; ${path} does not exist`,
    );
  return path;
}
