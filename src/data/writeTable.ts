import { shown } from "../check";
import { InputError } from "../errors";
import { replaceFile } from "../files/replaceFile";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { checkReplaceableTable } from "./checkReplaceableTable";
import { csvText } from "./csvText";

/**
 * Writes columns as a CSV (UTF-8), a submission for instance, with the folders it lies in; a table of the same columns that is there is
 * replaced once the new one is whole, any other file stays.
 *
 * @param columns values by column name, in the order of the columns; all equally many
 * @throws InputError for columns that are missing or not equally long, for values that are neither texts nor finite numbers, and for
 *   names that are whole numbers, which JavaScript would move to the front; where another table, or no file, is in the place
 * @example
 * ```ts
 * const rows = textDataset(await readTable("test.csv"), { id: "id" });
 * const { labels } = await predict(model, await tokenize(rows, tokenizer));
 * writeTable("submission.csv", { id: rows.ids, target: labels });
 * ```
 */
export function writeTable(path: string, columns: Record<string, ArrayLike<string | number> | null>): void;
export function writeTable(
  path: string,
  columns: Record<string, ArrayLike<string | number> | null>,
  ...more: unknown[]
): void {
  noOptions("writeTable", more);
  checkArguments("writeTable", { path, columns });
  const names = Object.keys(columns);
  const lengths = names.map((name) => {
    const values = columns[name];
    if (values === null || values === undefined)
      throw new InputError(`${path}: expected values for the column ${JSON.stringify(name)}, got ${values}`);
    if (typeof values !== "object" || !Number.isInteger(values.length))
      throw new InputError(
        `${path}: expected a list of values for the column ${JSON.stringify(name)}, got ${shown(values)}`,
      );
    if (/^\d+$/.test(name))
      throw new InputError(`${path}: expected a column's name, got the whole number ${name}`);
    return values.length;
  });
  for (const name of names) {
    const wrong = Array.from(columns[name]!).findIndex(
      (value) => typeof value !== "string" && !Number.isFinite(value),
    );
    if (wrong >= 0)
      throw new InputError(
        `${path}: expected texts and finite numbers in the column ${JSON.stringify(name)}, got ${shown(columns[name]![wrong])} in row ${wrong + 1}`,
      );
  }
  const other = lengths.findIndex((length) => length !== lengths[0]);
  if (other > 0)
    throw new InputError(
      `${path}: expected columns equally long, got ${lengths[0]} values of ${names[0]} and ${lengths[other]} of ${names[other]}`,
    );
  if (names.length === 0) throw new InputError(`${path}: expected columns to write, got none`);
  const rows = Array.from({ length: lengths[0] }, (_, row) =>
    names.map((name) => String(columns[name]![row])),
  );
  checkReplaceableTable(path, [names]);
  replaceFile(path, csvText([names, ...rows]));
}
