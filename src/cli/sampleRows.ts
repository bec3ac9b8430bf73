import { shown } from "../check";
import { checkIds, checkSubmission, isNumber } from "../data/checkSubmission";
import type { Row, Table } from "../data/readTable";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { groupBy } from "../sweep/groupBy";

/** Finds out before anything is predicted whether rows with these ids and these further columns can be what the sample asks for. */
export function checkAgainstSample(
  path: string,
  ids: readonly string[],
  columns: readonly string[],
  sample: Table,
): void {
  const [id, ...further] = sample.columns;
  const missing = further.find((name) => !columns.includes(name));
  if (missing !== undefined)
    throw new InputError(
      `--sample: expected columns of ${columns.join(", ")} behind the ids' in ${sample.path}, got ${shown(missing)}`,
    );
  checkIds({ path, columns: [id], rows: ids.map((value) => ({ [id]: value })) }, sample);
}

/**
 * Whether a sample's only column behind the ids is for the probability of the second of two classes, as where the area under the curve
 * counts: it holds numbers that are no names of classes. Throws where the model has no two classes to tell.
 */
export function asksForProbability(
  sample: Table,
  column: string,
  { problemType, classes }: Classifier,
): boolean {
  const cells = sample.rows.map((row) => row[column]);
  if (problemType === "regression" || !cells.every(isNumber)) return false;
  // Where classes are numbers, whole ones are labels: a host fills its sample with 0 also where that is no class.
  if (classes.every(isNumber) && cells.every((cell) => Number.isInteger(Number(cell)))) return false;
  if (problemType === "single_label_classification" && classes.length === 2) return true;
  throw new InputError(
    `--sample: expected labels in column ${JSON.stringify(column)} of ${sample.path}, or a column for each class, since the model tells ${classes.join(", ")}; got numbers`,
  );
}

/**
 * The sample's columns of all cells, its rows' ids in its order.
 *
 * @param header what the cells are called, the ids first
 */
export function sampleRows(
  out: string,
  header: readonly string[],
  cells: readonly string[][],
  sample: Table,
): string[][] {
  const { columns } = sample;
  const places = columns.map((name) => header.indexOf(name));
  const byId = groupBy(cells, ([id]) => id);
  const lines = sample.rows.map((row) => {
    const line = byId.get(row[columns[0]])!.shift()!;
    return places.map((place) => line[place]);
  });
  const rows = lines.map((line): Row => Object.fromEntries(columns.map((name, i) => [name, line[i]])));
  checkSubmission({ path: out, columns, rows }, sample);
  return lines;
}
