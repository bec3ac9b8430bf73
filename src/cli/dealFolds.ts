import { shown } from "../check";
import type { Table } from "../data/readTable";
import { type Split, stratifiedKFold } from "../data/splits";
import { InputError } from "../errors";
import { areImages, countOf, type Rows } from "./Rows";

/** Flags by which rows are dealt into folds. */
export interface FoldFlags {
  folds?: number;
  groups?: string;
}

/** Rows dealt into folds, and what a file of predictions calls them: null where they have no names, or the same one twice. */
export interface Dealt {
  folds: Split[];
  ids: string[] | null;
}

/** Deals the rows into as many folds as the flags say; `table` is what they were read from, where they are texts. */
export function dealFolds(
  rows: Rows,
  table: Table | null,
  { folds, groups: column, splitSeed }: FoldFlags & { splitSeed: number },
): Dealt {
  if (column !== undefined && table && !table.columns.includes(column))
    throw new InputError(
      `--groups: expected a column of ${table.path}, which has ${table.columns.join(", ")}, got ${shown(column)}`,
    );
  if (column !== undefined && !table)
    throw new InputError("--groups: expected none, since images have no columns; leave it out");
  const groups = column === undefined ? undefined : table!.rows.map((row) => row[column]);
  const ids = areImages(rows) ? rows.paths : (rows.ids ?? []);
  return {
    folds: stratifiedKFold(rows, { folds, seed: splitSeed, groups }),
    ids: new Set(ids).size === countOf(rows) ? ids : null,
  };
}
