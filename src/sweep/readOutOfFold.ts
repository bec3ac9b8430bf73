import { shown } from "../check";
import { columnNames } from "../data/columnNames";
import { labelRows, labelWidth } from "../data/labelWidth";
import { readTable } from "../data/readTable";
import { rowPlace } from "../data/rowPlace";
import type { TextDataset } from "../data/textDataset";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { toLabels } from "../training/predict";
import type { OutOfFold } from "./CrossValidation";
import { labelText, outOfFoldHeader } from "./outOfFoldTable";

/**
 * Reads the `out_of_fold.csv` of a cross-validation, or one like it from elsewhere: a column `row` of numbers or `id` of names, then
 * `fold`, `label` and a column for each class, label or target (`prediction` for the one of a regression). Gives it in the dataset's order,
 * to the bit as it was written.
 *
 * @param dataset the rows that were trained on, with `ids` where the file has these
 * @throws InputError for other columns, for rows that the dataset has not or that come again, for other labels than its own, and for cells that are no numbers
 * @example
 * ```ts
 * const { probabilities } = await readOutOfFold("runs/folds/out_of_fold.csv", dataset);
 * console.log(metrics(probabilities, dataset.labels!));
 * ```
 */
export function readOutOfFold(
  path: string,
  dataset: Pick<TextDataset, "labels"> & Partial<Pick<TextDataset, "ids">>,
): Promise<OutOfFold>;
export async function readOutOfFold(
  path: string,
  dataset: Pick<TextDataset, "labels"> & Partial<Pick<TextDataset, "ids">>,
  ...more: unknown[]
): Promise<OutOfFold> {
  noOptions("readOutOfFold", more);
  checkArguments("readOutOfFold", { path, dataset });
  const { labels, ids } = dataset;
  if (!labels) throw new InputError("readOutOfFold: expected rows with labels, got none");
  const table = await readTable(path);
  const named = table.columns[0] === "id";
  const header = columnNames(outOfFoldHeader(labels, named));
  if (String(table.columns) !== String(header))
    throw new InputError(
      `${path}: expected the columns ${header.join(", ")}, got ${table.columns.join(", ")}`,
    );
  if (named && !ids)
    throw new InputError(`${path}: has a column "id", but the dataset has no ids; name its column of them`);
  const count = labelRows(labels);
  const numbers = new Map(Array.from({ length: count }, (_, row) => [named ? ids![row] : String(row), row]));
  const seen = new Set<number>();
  const read = table.rows.map((cells, line) => {
    const cell = (column: number) => cells[header[column]];
    const wrong = (column: number, expected: string) =>
      new InputError(
        `${rowPlace(table, line)}, column ${JSON.stringify(header[column])}: expected ${expected}, got ${shown(cell(column))}`,
      );
    const row = numbers.get(cell(0));
    if (row === undefined) throw wrong(0, named ? "an id of the dataset" : `a row from 0 to ${count - 1}`);
    if (seen.has(row)) throw wrong(0, "each row once");
    seen.add(row);
    if (!/^\d+$/.test(cell(1))) throw wrong(1, "a fold's number");
    const label = labelText(labels, row);
    if (cell(2) !== label) throw wrong(2, `${shown(label)}, the label of this row in the dataset`);
    const outputs = header.slice(3).map((_, c) => {
      const value = cell(3 + c).trim() === "" ? Number.NaN : Number(cell(3 + c));
      if (!Number.isFinite(value)) throw wrong(3 + c, "a number");
      return value;
    });
    return { row, fold: Number(cell(1)), outputs };
  });
  read.sort((a, b) => a.row - b.row);
  const probabilities = Float32Array.from(read.flatMap(({ outputs }) => outputs));
  const shape = {
    numLabels: labelWidth(labels),
    problemType: labels.problemType,
    classes: labels.classes ?? [],
  };
  return {
    rows: Int32Array.from(read, ({ row }) => row),
    folds: Int32Array.from(read, ({ fold }) => fold),
    probabilities,
    labels: toLabels(probabilities, shape),
  };
}
