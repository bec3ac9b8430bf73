import { InputError } from "../errors";
import { greatest, least } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { Random } from "../random";
import { dealEvenly, type Unit } from "./dealEvenly";
import type { ImageRows } from "./imageFolder";
import { keysOf } from "./keysOf";
import type { Labels } from "./labels";
import { labelWidth } from "./labelWidth";
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

/** How rows are dealt into folds of like labels. */
export interface StratifiedFoldOptions extends FoldOptions {
  /** For each row what it belongs to, as an author or a product: the rows of one share a fold. Default: each row by itself. */
  groups?: ArrayLike<string | number>;
}

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
  checkArguments("trainValidSplit", { dataset });
  const rows = keysOf(dataset).length;
  const classes = classesOf(dataset);
  const strata = classes.filter((units) => units.length > 1 || classes.length === 1);
  const splitBy = (share: number) =>
    splitAt(deal(strata, [1 - share, share], rows, new Random(seed, "trainValidSplit")), 1);
  const split = splitBy(fraction);
  const side = emptySide(split);
  if (side === null) return split;
  const why = whyEmpty(strata, "keys" in dataset ? "image" : "text", {
    side,
    share: side === "valid" ? fraction : 1 - fraction,
    works: (share) => emptySide(splitBy(side === "valid" ? share : 1 - share)) === null,
  });
  throw new InputError(
    `validFraction ${fraction}: expected rows on both sides, got none in ${side} out of ${rows} row${rows === 1 ? "" : "s"}: ${why}, or name rows of their own to validate on (--valid)`,
  );
}

/** What keeps a side from getting its share of the rows, and what to do; `works` tries another share of it. */
function whyEmpty(
  strata: Unit[][],
  row: "text" | "image",
  { side, share, works }: { side: keyof Split; share: number; works: (share: number) => boolean },
): string {
  const units = strata.flat();
  if (units.length === 0) return `each class has a single ${row}, which is trained on; add rows`;
  if (units.length === 1)
    return units[0].length === 1
      ? "one row cannot be split; add others"
      : `all are the same ${row}, which stays on one side; add others`;
  const sizeOf = (of: Unit[]) => of.reduce((sum, { length }) => sum + length, 0);
  const fewest = (of: Unit[]) => least(of.map(({ length }) => length));
  const rows = sizeOf(units);
  const enough = [1 / rows, ...strata.map((of) => fewest(of) / sizeOf(of)), 0.5]
    .map((least) => Math.ceil(least * 1e4) / 1e4)
    .sort((a, b) => a - b)
    .find(works);
  const cure =
    enough === undefined
      ? "add rows"
      : `take ${side === "valid" ? `${enough} or more` : `${Math.floor((1 - enough) * 1e4) / 1e4} or less`}`;
  return share * rows < 1
    ? `its share of the ${rows} that may be on either side is less than one row; ${cure}`
    : `rows of the same ${row} stay on one side, and ${fewest(units)} of them or more come together, too many for a share of ${Math.round(share * rows)}; ${cure}`;
}

/**
 * Deals rows into folds of like labels, and returns for each fold the rows outside and inside it. Rows of identical text share a fold, as do
 * those of a group.
 *
 * Of one class a row each class is dealt evenly. Several labels a row, and rows of groups, are dealt by iterative stratification
 * (Sechidis, Tsoumakas and Vlahavas 2011), rare labels first, and then moved about as long as shares become more even. Of a regression the
 * values of each target are its labels, where they are more than ten the tenth that a value lies in.
 *
 * @throws InputError for rows without labels (`groupKFold(dataset.texts, …)` deals any rows, identical texts together), or for
 *   fewer distinct texts or groups than folds
 * @example
 * ```ts
 * for (const split of stratifiedKFold(dataset, { folds: 5, seed: 0 }))
 *   console.log(split.train.length, split.valid.length);
 * ```
 */
export function stratifiedKFold(
  dataset: TextDataset | ImageRows,
  options: StratifiedFoldOptions = {},
): Split[] {
  const { groups, ...read } = readOptions("stratifiedKFold", options);
  checkArguments("stratifiedKFold", { dataset });
  const { labels } = dataset;
  const keys = keysOf(dataset);
  if (!labels)
    throw new InputError("stratifiedKFold: expected labels, got none; use groupKFold(dataset.texts, …)");
  if (groups !== undefined && groups.length !== keys.length)
    throw new InputError(
      `groups: expected one for each of ${keys.length} rows, got ${groups.length}; takeRows takes rows, their groups are taken beside it`,
    );
  const alike = "keys" in dataset ? "images" : "texts";
  const random = new Random(read.seed, "stratifiedKFold");
  if (labels.problemType === "single_label_classification" && groups === undefined)
    return kFold(classesOf(dataset), keys.length, alike, read, random);
  const units = groups === undefined ? unitsOf(keys) : joinedUnits(keys, Array.from(groups));
  const labelsOf = labelsOfRow(labels);
  return foldsOf(units, keys.length, groups === undefined ? alike : "groups", read, () =>
    dealEvenly(units, labelsOf, { folds: read.folds, rows: keys.length, random }),
  );
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
  checkArguments("groupKFold", { groups });
  const random = new Random(read.seed, "groupKFold");
  return kFold([unitsOf(Array.from(groups))], groups.length, "groups", read, random);
}

function kFold(
  strata: Unit[][],
  rows: number,
  what: string,
  options: Required<FoldOptions>,
  random: Random,
): Split[] {
  const shares = new Array<number>(options.folds).fill(1 / options.folds);
  return foldsOf(strata.flat(), rows, what, options, () => deal(strata, shares, rows, random));
}

function foldsOf(
  units: Unit[],
  rows: number,
  /** What rows have in common that stay together. */
  what: string,
  { folds }: Required<FoldOptions>,
  deal: () => Int32Array,
): Split[] {
  if (units.length < folds)
    throw new InputError(
      `folds ${folds}: expected at least ${folds} different ${what}, one for each fold, got ${units.length} in ${rows} rows; take fewer folds`,
    );
  const fold = deal();
  return Array.from({ length: folds }, (_, f) => {
    const split = splitAt(fold, f);
    if (emptySide(split) === null) return split;
    throw new InputError(
      `folds ${folds}: expected rows in each fold, got none in one of them: rows of the same ${what.slice(0, -1)} share a fold, and too many of the ${rows} rows are alike; take fewer folds`,
    );
  });
}

/** Rows of the same key or of the same group, and rows that others join. */
function joinedUnits(keys: string[], groups: (string | number)[]): Unit[] {
  const first = Int32Array.from(keys.keys());
  const rootOf = (row: number): number => {
    while (first[row] !== row) row = first[row] = first[first[row]];
    return row;
  };
  for (const units of [unitsOf(keys), unitsOf(groups)])
    for (const unit of units) for (const row of unit) first[rootOf(row)] = rootOf(unit[0]);
  return unitsOf(keys.map((_, row) => rootOf(row)));
}

/** From how many different values on those of a target are dealt by tenths. */
const FEW_VALUES = 10;

/** What is to be dealt evenly, as numbers from 0: a class, the labels of a row, or where its values lie. */
function labelsOfRow(labels: Labels): (row: number) => number[] {
  if (labels.problemType === "single_label_classification") return (row) => [labels.ids[row]];
  const width = labelWidth(labels);
  const { values, problemType } = labels;
  const columns = Array.from({ length: width }, (_, c) => values.filter((_, i) => i % width === c));
  if (problemType === "multi_label_classification")
    return (row) => columns.flatMap((column, c) => (column[row] >= 0.5 ? c : []));
  const places = columns.map(placesOf);
  return (row) => places.map((place, c) => c * FEW_VALUES + place[row]);
}

/** The place of each value among the different ones where these are few, else the tenth of all that it lies in. */
function placesOf(values: Float32Array): Int32Array {
  const sorted = values.slice().sort();
  const different = [...new Set(sorted)];
  const few = different.length <= FEW_VALUES;
  const below = new Map(different.map((value, i) => [value, i]));
  if (!few) for (const [i, value] of [...sorted.entries()].reverse()) below.set(value, i);
  return Int32Array.from(values, (value) =>
    few ? below.get(value)! : Math.floor((FEW_VALUES * below.get(value)!) / values.length),
  );
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

function unitsOf(keys: (string | number)[]): Unit[] {
  const units = new Map<string | number, number[]>();
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
  return values.indexOf(greatest(values));
}

function splitAt(bins: Int32Array, bin: number): Split {
  const rows = Int32Array.from(bins.keys());
  return { train: rows.filter((row) => bins[row] !== bin), valid: rows.filter((row) => bins[row] === bin) };
}

const emptySide = (split: Split): keyof Split | null =>
  (["train", "valid"] as const).find((side) => split[side].length === 0) ?? null;
