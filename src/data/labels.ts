import { InputError } from "../errors";
import type { Table } from "./readTable";

/** What a model learns to say about each row, in one of Transformers' three problem types. */
export type Labels =
  /** `ids[row]` is an index into `classes`. */
  | { problemType: "single_label_classification"; classes: string[]; ids: Int32Array }
  /** `values[row * classes.length + c]` is 1 where class c holds, else 0. */
  | { problemType: "multi_label_classification"; classes: string[]; values: Float32Array }
  /** `values[row]` is the number itself. */
  | { problemType: "regression"; classes?: undefined; values: Float32Array };

/**
 * One class a row. Blanks around a label are no part of it. Classes, unless given: numerically where all are numbers
 * ("0", "1", "10"), else by code units, so that the order depends neither on the rows' order nor on the machine.
 */
export function readClasses(table: Table, column: string, classes?: string[]): Labels {
  const names = table.rows.map((row, i) => filled(table, column, i, row[column]));
  const known = classes ?? sortClasses([...new Set(names)]);
  const index = indexClasses(table, column, known);
  const ids = new Int32Array(names.length);
  names.forEach((name, i) => {
    const id = index.get(name);
    if (id === undefined)
      throw new InputError(
        `${at(table, column, i)}: ${JSON.stringify(name)} is none of the classes known from training: ${list(known)}`,
      );
    ids[i] = id;
  });
  return { problemType: "single_label_classification", classes: known, ids };
}

/** Several columns, each a class that holds or not: 1 or 0, true or false. */
export function readFlags(table: Table, columns: string[], classes: string[] = columns): Labels {
  if (new Set(columns).size < columns.length || columns.length === 0)
    throw new InputError(`label: expected one or more columns, each once, got ${list(columns)}`);
  if (classes.length !== columns.length || classes.some((name) => !columns.includes(name)))
    throw new InputError(
      `label: expected the columns ${list(classes)} known from training, got ${list(columns)}`,
    );
  const values = new Float32Array(table.rows.length * classes.length);
  table.rows.forEach((row, i) => {
    classes.forEach((column, c) => {
      const flag = flags[filled(table, column, i, row[column]).toLowerCase()];
      if (flag === undefined)
        throw new InputError(`${at(table, column, i)}: expected 0 or 1, got ${JSON.stringify(row[column])}`);
      values[i * classes.length + c] = flag;
    });
  });
  return { problemType: "multi_label_classification", classes, values };
}

/** One number a row. */
export function readNumbers(table: Table, column: string): Labels {
  const values = Float32Array.from(table.rows, (row, i) => {
    const value = Number(filled(table, column, i, row[column]));
    if (!Number.isFinite(value))
      throw new InputError(`${at(table, column, i)}: expected a number, got ${JSON.stringify(row[column])}`);
    return value;
  });
  return { problemType: "regression", values };
}

const flags: Record<string, number | undefined> = { 0: 0, 1: 1, "0.0": 0, "1.0": 1, false: 0, true: 1 };

/** Numerically where all are numbers, else by code units. */
export function sortClasses(names: string[]): string[] {
  const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const numeric = names.every((name) => Number.isFinite(Number(name)));
  return names.sort((a, b) => (numeric && Number(a) - Number(b)) || byCodeUnits(a, b));
}

function indexClasses(table: Table, column: string, classes: string[]): Map<string, number> {
  const index = new Map(classes.map((name, id) => [name, id]));
  if (index.size < classes.length)
    throw new InputError(`classes: expected every class once, got ${list(classes)}`);
  if (classes.length < 2)
    throw new InputError(
      `${table.path}: expected at least two classes in column ${JSON.stringify(column)}, got ${list(classes)} alone`,
    );
  return index;
}

function filled(table: Table, column: string, row: number, cell: string): string {
  const label = cell.trim();
  if (label === "")
    throw new InputError(
      `${at(table, column, row)}: expected a label, got an empty cell; fill it or drop the row`,
    );
  return label;
}

function at(table: Table, column: string, row: number): string {
  return `${table.path}, row ${row + 1}, column ${JSON.stringify(column)}`;
}

function list(names: string[]): string {
  const shown = names.slice(0, 10).map((name) => JSON.stringify(name));
  return shown.join(", ") + (names.length > 10 ? ` … (${names.length})` : "");
}
