import { InputError } from "../errors";
import { greatest } from "../extremes";
import { someOf } from "../text/someOf";
import { decimalOf } from "./decimalOf";
import { isMissing } from "./isMissing";
import type { Table } from "./readTable";
import { rowPlace } from "./rowPlace";

/** What a model learns to say about each row, in one of Transformers' three problem types. */
export type Labels =
  /**
   * `ids[row]` is an index into `classes`. Where labels are soft, `soft[row * classes.length + c]` is how probable class c is, and `ids` are
   * the likeliest: they are trained on in place of `ids`, which rows are judged by.
   */
  (
    | {
        problemType: "single_label_classification";
        classes: string[];
        ids: Int32Array;
        soft?: Float32Array;
        /** Of words of texts in place of rows: how many there are of each text, one after the other. */
        sequences?: Int32Array;
      }
    /** `values[row * classes.length + c]` is 1 where class c holds, else 0, or in between how probable it is. */
    | { problemType: "multi_label_classification"; classes: string[]; values: Float32Array }
    /** `values[row]` is the number itself; of several targets, which `classes` names, `values[row * classes.length + target]`. */
    | { problemType: "regression"; classes?: string[]; values: Float32Array }
  ) & {
    /** How much each row counts in the training loss; all alike where they are left out. Rows are judged without. */
    weights?: Float32Array;
  };

/**
 * One class a row. Blanks around a label are no part of it, and spellings of one number (0, 0.0), or of true and false, are one class.
 * Classes, unless given: numerically where all are numbers ("0", "1", "10"), else by code units, so that the order depends neither on
 * the rows' order nor on the machine. Where a class was spelt in several ways it is called by the shortest, "0".
 */
export function readClasses(table: Table, column: string, classes?: string[]): Labels {
  const names = table.rows.map((row, i) => filled(table, column, i, row[column], classes));
  const known = classes ?? sortClasses(spellingsOf(names));
  const index = indexClasses(table, column, known);
  const ids = new Int32Array(names.length);
  names.forEach((name, i) => {
    const id = index.get(classKey(name));
    if (id === undefined)
      throw new InputError(
        `${at(table, column, i)}: ${JSON.stringify(name)} is none of the classes known from training: ${list(known)}`,
      );
    ids[i] = id;
  });
  return { problemType: "single_label_classification", classes: known, ids };
}

/** What spellings of one class have in common. */
const classKey = (name: string): string =>
  decimalOf(name) ??
  (/^(true|True|TRUE|false|False|FALSE)$/.test(name) ? name.toLowerCase() : `text ${name}`);

/** A name for each class: as it is spelt, or where there are several spellings "0", "True". */
function spellingsOf(names: string[]): string[] {
  const spellings = new Map<string, Set<string>>();
  for (const name of new Set(names)) {
    const key = classKey(name);
    spellings.set(key, (spellings.get(key) ?? new Set()).add(name));
  }
  return [...spellings].map(([key, spelt]) => {
    if (spelt.size === 1) return [...spelt][0];
    return decimalOf(key) ?? key[0].toUpperCase() + key.slice(1);
  });
}

/** Several columns, each a class that holds or not: 1 or 0, true or false. */
export function readFlags(
  table: Table,
  columns: string[],
  classes: string[] = columns,
  soft = false,
): Labels {
  checkColumns(columns, classes);
  const values = new Float32Array(table.rows.length * classes.length);
  table.rows.forEach((row, i) => {
    classes.forEach((column, c) => {
      const cell = filled(table, column, i, row[column]).toLowerCase();
      const flag = decimalOf(cell) ?? cell;
      if (soft && Number(flag) > 0 && Number(flag) < 1) {
        values[i * classes.length + c] = Number(flag);
        return;
      }
      if (!["0", "1", "false", "true"].includes(flag))
        throw new InputError(
          `${at(table, column, i)}: expected 0 or 1${soft ? ", or a probability between" : ""}, got ${JSON.stringify(row[column])}`,
        );
      values[i * classes.length + c] = flag === "1" || flag === "true" ? 1 : 0;
    });
  });
  return { problemType: "multi_label_classification", classes, values };
}

/** How far the probabilities of a row may be from adding up to 1, as those of few digits are. */
const ROUNDED = 0.01;

/** Several columns, each with the probability of a class: soft labels. */
export function readProbabilities(table: Table, columns: string[], classes: string[] = columns): Labels {
  const { values } = readFlags(table, columns, classes, true) as { values: Float32Array };
  if (classes.length < 2)
    throw new InputError(`label: expected at least two columns of probabilities, got ${list(columns)}`);
  const width = classes.length;
  const ids = new Int32Array(table.rows.length);
  ids.forEach((_, row) => {
    const own = values.subarray(row * width, (row + 1) * width);
    const total = own.reduce((a, b) => a + b);
    if (Math.abs(total - 1) > ROUNDED)
      throw new InputError(
        `${rowPlace(table, row)}: expected probabilities that add up to 1 in columns ${list(classes)}, got ${own.join(", ")}`,
      );
    own.forEach((p, c) => {
      own[c] = p / total;
    });
    ids[row] = own.indexOf(greatest(own));
  });
  return { problemType: "single_label_classification", classes, ids, soft: values };
}

/** How much each row counts. */
export function readWeights(table: Table, column: string): Float32Array {
  const weights = Float32Array.from(table.rows, (row, i) => {
    const weight = readNumber(table, column, i, row[column]);
    if (weight < 0)
      throw new InputError(
        `${at(table, column, i)}: expected a weight of at least 0, got ${JSON.stringify(row[column])}`,
      );
    return weight;
  });
  if (weights.every((weight) => weight === 0))
    throw new InputError(
      `${table.path}: expected a weight above 0 in column ${JSON.stringify(column)}, got 0 alone`,
    );
  return weights;
}

/** One number a row, or of several columns one each. */
export function readNumbers(table: Table, columns: string[], targets: string[] = columns): Labels {
  checkColumns(columns, targets);
  const values = new Float32Array(table.rows.length * targets.length);
  table.rows.forEach((row, i) => {
    targets.forEach((column, t) => {
      values[i * targets.length + t] = readNumber(table, column, i, row[column]);
    });
  });
  return { problemType: "regression", ...(targets.length > 1 && { classes: targets }), values };
}

function readNumber(table: Table, column: string, row: number, cell: string): number {
  const decimal = decimalOf(filled(table, column, row, cell));
  if (decimal === null)
    throw new InputError(`${at(table, column, row)}: expected a number, got ${JSON.stringify(cell)}`);
  const value = Math.fround(Number(decimal));
  if (!Number.isFinite(value))
    throw new InputError(
      `${at(table, column, row)}: expected a number below 3.4e38, which is what float32 holds, got ${JSON.stringify(cell)}`,
    );
  return value;
}

/** Throws unless these are columns, each once, and those known from training, in whatever order. */
function checkColumns(columns: string[], known: string[]): void {
  if (new Set(columns).size < columns.length || columns.length === 0)
    throw new InputError(`label: expected one or more columns, each once, got ${list(columns)}`);
  if (known.length !== columns.length || known.some((name) => !columns.includes(name)))
    throw new InputError(
      `label: expected the columns ${list(known)} known from training, got ${list(columns)}`,
    );
}

/** Numerically where all are numbers, else by code units. */
export function sortClasses(names: string[]): string[] {
  const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const numbers = names.map(decimalOf);
  if (numbers.includes(null)) return names.sort(byCodeUnits);
  const values = new Map(names.map((name, i) => [name, Number(numbers[i])]));
  return names.sort((a, b) => values.get(a)! - values.get(b)! || byCodeUnits(a, b));
}

function indexClasses(table: Table, column: string, classes: string[]): Map<string, number> {
  const index = new Map(classes.map((name, id) => [classKey(name.trim()), id]));
  if (index.size < classes.length)
    throw new InputError(
      `classes: expected every class once, spellings of one number being one class, got ${list(classes)}`,
    );
  if (classes.length < 2)
    throw new InputError(
      `${table.path}: expected at least two classes in column ${JSON.stringify(column)}, got ${list(classes)}${classes.length === 1 ? " alone" : ""}`,
    );
  return index;
}

/** A label; what is missing is none, unless it is named among the classes. */
function filled(table: Table, column: string, row: number, cell: string, classes?: string[]): string {
  const label = cell.trim();
  if (label === "")
    throw new InputError(
      `${at(table, column, row)}: expected a label, got an empty cell; fill it or drop the row`,
    );
  if (isMissing(label) && !classes?.includes(label))
    throw new InputError(
      `${at(table, column, row)}: expected a label, got ${JSON.stringify(label)}, which pandas reads as missing; fill it or drop the row, ` +
        "or, where it is a class, call it otherwise; from TypeScript the option classes may name it",
    );
  return label;
}

function at(table: Table, column: string, row: number): string {
  return `${rowPlace(table, row)}, column ${JSON.stringify(column)}`;
}

const list = (names: string[]): string =>
  names.length === 0
    ? "none"
    : someOf(
        names.map((name) => JSON.stringify(name)),
        10,
      );
