import { shown } from "../check";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { TrainedOn } from "../options/TrainedOn";
import { visibly } from "../text/visibly";
import { decimalOf } from "./decimalOf";
import { isMissing } from "./isMissing";
import { type Labels, readClasses, readFlags, readNumbers, readProbabilities, readWeights } from "./labels";
import type { Table } from "./readTable";
import { rowPlace } from "./rowPlace";
import { sayGaps } from "./sayGaps";
import { sayLabels } from "./sayLabels";
import { sourceName } from "./sourceName";
import { fillTemplate, templateColumns } from "./textTemplate";

export type { Labels } from "./labels";

/** Texts and what is to be learned about them, row by row. */
export interface TextDataset {
  /** The file the rows came from, for messages. */
  source: string;
  /** The text of each row. */
  texts: string[];
  /** The second text of each row, or null where the task has one text only. */
  pairs: string[] | null;
  /** null where nothing is known, as in a competition's test rows. */
  labels: Labels | null;
  /** What a submission calls each row, or null when no id column was named. */
  ids: string[] | null;
  /** Which columns texts and labels came from; left out of rows that came from elsewhere. */
  columns?: Omit<TrainedOn, "maxLength">;
}

/** Which columns hold what. */
export interface TextColumns {
  /** The column of texts, or several in a template: "{title} [SEP] {body}". Default: "text". */
  text?: string;
  /** A column of second texts, or a template of several, for tasks about two texts. Default: none. */
  pair?: string;
  /**
   * The column of labels; or several: columns of 0 and 1 for a multi-label task, of numbers for a regression of several targets.
   * Left out for rows to predict. Default: none.
   */
  label?: string | string[];
  /** A column of how much each row counts in the training loss, at least 0. Default: all alike. */
  weight?: string;
  /** A column that names the rows. Default: none. */
  id?: string;
  /**
   * What the labels mean; a regression has to be asked for. Default: one class a row for one column, several labels for several.
   */
  problemType?: Labels["problemType"];
  /** The classes of the training rows, or of a model, in order: a label outside them is an error. Default: those that occur. */
  classes?: string[];
  /**
   * Takes the line on what the labels are, where `classes` are left out, and those on empty texts and ids. Default: console.info.
   */
  log?: (line: string) => void;
}

/**
 * Picks texts and labels out of a table.
 *
 * An empty text is kept, since every test row needs a prediction: it tokenizes to the special tokens alone. A line tells how many there
 * are, and how many ids are empty or come again. An empty label, or
 * what pandas reads as missing (nan, NA, None), is an error, as are a training table of one class and a column of nothing but empty
 * texts. Spellings of one number, 1 and 1.0, are one class. More than 20 numbers, or fractions, ask for a `problemType`. Classes that
 * the table itself names are told, with their number. Several columns with `problemType` "single_label_classification" are soft labels: the
 * probability of the class that each is named after; with "multi_label_classification" they may hold probabilities as well.
 *
 * Rows in messages count from 1, the header not among them.
 *
 * @throws InputError naming file, row and column
 * @example
 * ```ts
 * const train = textDataset(await readTable("train.csv"), { label: "target" });
 * const valid = textDataset(await readTable("valid.csv"), { label: "target", classes: train.labels?.classes });
 * ```
 */
export function textDataset(given: Table, options: TextColumns = {}): TextDataset {
  const {
    text,
    pair,
    label,
    id,
    weight,
    log: print = console.info,
    ...how
  } = readOptions("textDataset", options);
  const log = visibly(print);
  checkArguments("textDataset", { table: given });
  const table = { ...given, path: sourceName(given.path, "table") };
  const texts = textsOf(table, "text", text);
  if (texts.every((text) => text.trim() === ""))
    throw new InputError(
      `${table.path}: expected texts in column ${JSON.stringify(text)}, got empty cells alone`,
    );
  const names = label === undefined ? [] : [label].flat();
  for (const [role, name] of [["text", text] as const, ["pair", pair] as const])
    for (const read of name === undefined ? [] : readColumns(table, name))
      if (names.includes(read))
        throw new InputError(
          `label: expected a column that the model does not read, got ${JSON.stringify(read)}, which is ${read === name ? `the ${role} column` : `part of the ${role}`} as well`,
        );
  if (pair === text)
    throw new InputError(
      `pair: expected another column than the first text's, got ${JSON.stringify(pair)} for both`,
    );
  if (weight !== undefined && (label === undefined || [text, pair, ...names].includes(weight)))
    throw new InputError(
      label === undefined
        ? "weight: expected a label column beside it, got none; weights are of the training loss"
        : `weight: expected a column of its own, got ${JSON.stringify(weight)}, which holds texts or labels`,
    );
  if (weight !== undefined) column(table, "weight", weight);
  const read = label === undefined ? null : readLabels(table, label, how);
  const labels = read && weight !== undefined ? { ...read, weights: readWeights(table, weight) } : read;
  if (labels && how.classes === undefined) log(sayLabels(labels));
  const dataset: TextDataset = {
    source: table.path,
    texts,
    pairs: pair === undefined ? null : textsOf(table, "pair", pair),
    labels,
    ids: id === undefined ? null : column(table, "id", id),
    columns: { text, pair: pair ?? null, label: label === undefined ? null : names },
  };
  const placeOf = table.files && ((row: number) => rowPlace(table, row));
  for (const line of sayGaps(dataset, placeOf)) log(line);
  return dataset;
}

function readLabels(table: Table, label: string | string[], { problemType, classes }: TextColumns): Labels {
  const names = typeof label === "string" ? [label] : label;
  const type =
    problemType ?? (typeof label === "string" ? "single_label_classification" : "multi_label_classification");
  for (const name of names) column(table, "label", name);
  // Who names the task may mean probabilities; where it follows from the number of columns, a fraction is a slip.
  if (type === "multi_label_classification")
    return readFlags(table, names, classes, problemType !== undefined);
  if (type === "regression") {
    if (classes !== undefined && names.length === 1)
      throw new InputError(
        `classes: expected none, since a regression has no classes, got ${classes.length}`,
      );
    return readNumbers(table, names, classes);
  }
  if (names.length > 1) return readProbabilities(table, names, classes);
  if (problemType === undefined && classes === undefined) checkNotMeasured(table, names[0]);
  return readClasses(table, names[0], classes);
}

/** More numbers than this are seldom classes: whoever means them as such says so. */
const MOST_NUMBERS = 20;

/** Fractions, or many numbers, are rarely names of classes: whoever means them as classes says so. */
function checkNotMeasured(table: Table, name: string): void {
  const cells = table.rows.map((row) => row[name].trim()).filter((cell) => !isMissing(cell));
  const numbers = new Set(cells.map(decimalOf));
  if (numbers.has(null) || cells.length === 0) return;
  const fraction = cells.find((cell) => decimalOf(cell)!.includes("."));
  if (fraction === undefined && numbers.size <= MOST_NUMBERS) return;
  const values = ([...numbers] as string[]).map(Number);
  const [least, most] = [values, values].map((all, i) =>
    all.reduce((a, b) => (i === 0 ? Math.min : Math.max)(a, b)),
  );
  throw new InputError(
    `${table.path}: column ${JSON.stringify(name)} holds ${
      fraction === undefined
        ? `${numbers.size} different numbers from ${least} to ${most}`
        : `fractions such as ${fraction}`
    }; pass problemType "regression" for numbers, "single_label_classification" for classes (--task regression, --task single)`,
  );
}

/** The columns that a text is read from: one, or those of a template. */
function readColumns(table: Table, name: string): string[] {
  const named = table.columns.includes(name) ? [] : templateColumns(name);
  return named.length > 0 ? named : [name];
}

/** The texts of a column, or of a template over several. */
function textsOf(table: Table, role: string, name: string): string[] {
  const columns = readColumns(table, name);
  if (columns[0] === name) return column(table, role, name);
  const cells = new Map(columns.map((each) => [each, column(table, role, each)]));
  return table.rows.map((_, row) => fillTemplate(name, (each) => cells.get(each)![row]));
}

function column(table: Table, role: string, name: string): string[] {
  if (!table.columns.includes(name))
    throw new InputError(
      `${table.path}: expected the ${role} column ${JSON.stringify(name)}, got ${
        table.columns.length === 0
          ? "rows without a column"
          : `the columns ${table.columns.map((other) => JSON.stringify(other)).join(", ")}`
      }`,
    );
  return table.rows.map((row, i) => {
    const cell: unknown = row[name];
    if (typeof cell === "string") return cell;
    // As in a table made by hand.
    throw new InputError(
      `${rowPlace(table, i)}, column ${JSON.stringify(name)}: expected a text, got ${shown(cell)}`,
    );
  });
}
