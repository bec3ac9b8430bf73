import { InputError } from "../errors";
import { readOptions } from "../options/readOptions";
import { Random } from "../random";
import type { ImageRows } from "./imageFolder";
import type { TextDataset } from "./textDataset";

/** Two sets of row numbers, each ascending. */
export interface Split {
  /** Rows to train on. */
  train: Int32Array;
  /** Rows to validate on. */
  valid: Int32Array;
}

/** How rows are set aside. */
export interface SplitOptions {
  /** Share of the rows to validate on, above 0 and below 1. Default: 0.2. */
  validFraction?: number;
  /** Starts every random draw: which rows are set aside. Default: 0. */
  seed?: number;
}

/** How rows are dealt into folds. */
export interface FoldOptions {
  /** How many folds. Default: 5. */
  folds?: number;
  /** Starts every random draw: which rows come together. Default: 0. */
  seed?: number;
}

/** Rows that must stay together. */
type Unit = number[];

/**
 * Sets aside rows for validation. For one label a row every class keeps its share on both sides; regression, multi-label and
 * unlabelled rows are dealt at random. Rows of identical text, or images of identical bytes, stay on one side, or the model would be examined on what it
 * has seen; a class with a single text is trained on.
 *
 * @throws InputError when one of the sides would be empty
 * @example
 * ```ts
 * const { train, valid } = trainValidSplit(dataset, { seed: 0 });
 * const trainSet = takeRows(dataset, train);
 * ```
 */
export function trainValidSplit(dataset: TextDataset | ImageRows, options: SplitOptions = {}): Split {
  const { validFraction: fraction, seed } = readOptions("trainValidSplit", options);
  const random = new Random(seed, "trainValidSplit");
  const rows = keysOf(dataset).length;
  const strata = classesOf(dataset).filter((units, _, all) => units.length > 1 || all.length === 1);
  const sides = deal(strata, [1 - fraction, fraction], rows, random);
  return checkSplit(splitAt(sides, 1), `validFraction ${fraction}`, rows);
}

/**
 * Deals the rows of a single-label dataset into folds, each class evenly, and returns for each fold the rows outside and
 * inside it. Rows of identical text share a fold.
 *
 * @throws InputError for other labels (`groupKFold(dataset.texts, …)` deals any rows, identical texts together), or for
 *   fewer distinct texts than folds
 * @example
 * ```ts
 * for (const split of stratifiedKFold(dataset, { folds: 5, seed: 0 }))
 *   console.log(split.train.length, split.valid.length);
 * ```
 */
export function stratifiedKFold(dataset: TextDataset | ImageRows, options: FoldOptions = {}): Split[] {
  const read = readOptions("stratifiedKFold", options);
  if (dataset.labels?.problemType !== "single_label_classification")
    throw new InputError(
      `stratifiedKFold: expected one class a row, got ${dataset.labels?.problemType ?? "no labels"}; use groupKFold(dataset.texts, …)`,
    );
  return kFold(classesOf(dataset), keysOf(dataset).length, "stratifiedKFold", read);
}

/**
 * Deals rows into folds so that the rows of a group share a fold and the folds are about equally large.
 *
 * @param groups for each row what it belongs to: an author, a product, a topic
 * @throws InputError for fewer groups than folds
 * @example
 * ```ts
 * const authors = dataset.texts.map((text) => text.split(" ")[0]);
 * const folds = groupKFold(authors, { folds: 3, seed: 0 });
 * ```
 */
export function groupKFold(groups: ArrayLike<string | number>, options: FoldOptions = {}): Split[] {
  const read = readOptions("groupKFold", options);
  return kFold([unitsOf(Array.from(groups))], groups.length, "groupKFold", read);
}

function kFold(
  strata: Unit[][],
  rows: number,
  purpose: string,
  { folds, seed }: Required<FoldOptions>,
): Split[] {
  const random = new Random(seed, purpose);
  const fold = deal(strata, new Array<number>(folds).fill(1 / folds), rows, random);
  return Array.from({ length: folds }, (_, f) => checkSplit(splitAt(fold, f), `folds ${folds}`, rows));
}

/** The rows of each class, identical texts as one unit, filed under the class of the first of them. */
function classesOf(dataset: TextDataset | ImageRows): Unit[][] {
  const { labels } = dataset;
  const units = unitsOf(keysOf(dataset));
  if (labels?.problemType !== "single_label_classification") return [units];
  return labels.classes
    .map((_, id) => units.filter(([row]) => labels.ids[row] === id))
    .filter((of) => of.length > 0);
}

/** What rows have in common that are the same: texts, or the hash of an image's file. */
function keysOf(dataset: TextDataset | ImageRows): string[] {
  if ("keys" in dataset) return dataset.keys;
  const { texts, pairs } = dataset;
  return pairs ? texts.map((text, row) => JSON.stringify([text, pairs[row]])) : texts;
}

function unitsOf(keys: (string | number)[]): Unit[] {
  const units = new Map<string | number, Unit>();
  keys.forEach((key, row) => {
    const unit = units.get(key);
    if (unit) unit.push(row);
    else units.set(key, [row]);
  });
  return [...units.values()];
}

/**
 * Deals every stratum's units into bins by share, and returns the bin of each row (0 for a row in no stratum). A stratum's
 * rows that do not divide evenly go to the bins that all strata so far have left furthest behind; large units go first, while
 * there is room for them.
 */
function deal(strata: Unit[][], shares: number[], rows: number, random: Random): Int32Array {
  const bins = new Int32Array(rows);
  const dealt = shares.map(() => 0);
  let seen = 0;
  for (const units of strata) {
    const size = units.reduce((sum, unit) => sum + unit.length, 0);
    seen += size;
    const room = shares.map((share) => Math.floor(share * size));
    for (let left = size - room.reduce((a, b) => a + b); left > 0; left--)
      room[largest(shares.map((share, bin) => share * seen - dealt[bin] - room[bin]))]++;
    for (const unit of random.shuffle([...units]).sort((a, b) => b.length - a.length)) {
      const bin = largest(room);
      for (const row of unit) bins[row] = bin;
      room[bin] -= unit.length;
      dealt[bin] += unit.length;
    }
  }
  return bins;
}

function largest(values: number[]): number {
  return values.indexOf(Math.max(...values));
}

function splitAt(bins: Int32Array, bin: number): Split {
  const rows = Int32Array.from(bins.keys());
  return { train: rows.filter((row) => bins[row] !== bin), valid: rows.filter((row) => bins[row] === bin) };
}

function checkSplit(split: Split, asked: string, rows: number): Split {
  for (const side of ["train", "valid"] as const)
    if (split[side].length === 0)
      throw new InputError(
        `${asked}: expected rows on both sides, got none in ${side} out of ${rows} rows; rows of one text or group stay together`,
      );
  return split;
}
