import { shown } from "../check";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { isMissing } from "./isMissing";
import type { Table } from "./readTable";
import { rowPlace } from "./rowPlace";

/**
 * Throws for a submission that is not as the competition's `sample_submission.csv`: the same columns in the same order, the same ids (the
 * first column) in the same order, and cells of the same kind. Where all cells of the sample are numbers, finite numbers are expected,
 * where all are True or False, one of these, and else texts, not numbers in every row.
 *
 * @param submission a table as `readTable` reads it from the file that is to be handed in
 * @param sample the competition's
 * @throws InputError naming file, row (the first below the header is 1) and column, with what was expected and what came
 * @example
 * ```ts
 * writeTable("sample_submission.csv", { id: [7, 8], target: ["calm", "calm"] }); // the competition's
 * writeTable("submission.csv", { id: [7, 8], target: ["calm", "fire"] });
 * checkSubmission(await readTable("submission.csv"), await readTable("sample_submission.csv"));
 * ```
 */
export function checkSubmission(submission: Table, sample: Table): void;
export function checkSubmission(submission: Table, sample: Table, ...more: unknown[]): void {
  noOptions("checkSubmission", more);
  checkArguments("checkSubmission", { submission, sample });
  checkColumns(submission, sample);
  checkIds(submission, sample);
  const [id] = sample.columns;
  submission.rows.forEach((row, r) => {
    if (row[id] === sample.rows[r][id]) return;
    throw new InputError(
      `${cell(submission, r, id)}: expected ${shown(sample.rows[r][id])}, got ${shown(row[id])}: the ids are those of ${sample.path} in another order; sort the rows as they are there`,
    );
  });
  for (const column of sample.columns.slice(1)) checkCells(submission, sample, column);
}

function checkColumns({ path, columns }: Table, sample: Table): void {
  if (columns.length === sample.columns.length && columns.every((name, i) => name === sample.columns[i]))
    return;
  throw new InputError(
    `${path}: expected the columns ${sample.columns.join(", ")}, as ${sample.path} has them, got ${columns.join(", ")}`,
  );
}

/** Throws where ids, each as often as it comes in the sample's first column, are not the sample's, in whatever order. */
export function checkIds(submission: Table, sample: Table): void {
  const [id] = sample.columns;
  const left = new Map<string, number>();
  for (const row of sample.rows) left.set(row[id], (left.get(row[id]) ?? 0) + 1);
  submission.rows.forEach((row, r) => {
    const count = left.get(row[id]);
    if (count === undefined)
      throw new InputError(
        `${cell(submission, r, id)}: expected an id of ${sample.path}, got ${shown(row[id])}`,
      );
    if (count === 0)
      throw new InputError(
        `${cell(submission, r, id)}: expected each id as often as in ${sample.path}, got ${shown(row[id])} again`,
      );
    left.set(row[id], count - 1);
  });
  const missing = sample.rows.findIndex((row) => left.get(row[id])! > 0);
  if (missing < 0) return;
  throw new InputError(
    `${submission.path}, column ${JSON.stringify(id)}: expected a row for ${shown(sample.rows[missing][id])} (${rowPlace(sample, missing)}), got none`,
  );
}

export const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

const isBoolean = (text: string): boolean => text === "True" || text === "False";

function checkCells(submission: Table, sample: Table, column: string): void {
  const refuse = (row: number, expected: string): never => {
    throw new InputError(
      `${cell(submission, row, column)}: expected ${expected}, as in ${sample.path}, got ${shown(submission.rows[row][column])}`,
    );
  };
  const whole = (table: Table, fits: (text: string) => boolean) =>
    table.rows.every((row) => fits(row[column]));
  // An empty text may be meant: no label of several.
  if (whole(sample, isMissing)) return;
  for (const [fits, expected] of [
    [isNumber, "a finite number"],
    [isBoolean, "True or False"],
  ] as const) {
    if (!whole(sample, fits)) continue;
    const wrong = submission.rows.findIndex((row) => !fits(row[column]));
    if (wrong >= 0) refuse(wrong, expected);
    return;
  }
  if (whole(submission, isNumber)) refuse(0, "texts, not a number in each row");
}

const cell = (table: Table, row: number, column: string): string =>
  `${rowPlace(table, row)}, column ${JSON.stringify(column)}`;
