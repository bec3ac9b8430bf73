import { shown } from "../check";
import type { Table } from "../data/readTable";
import { rowPlace } from "../data/rowPlace";
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
  const groups = column === undefined ? undefined : groupsOf(table!, column);
  const ids = areImages(rows) ? rows.paths : (rows.ids ?? []);
  return {
    folds: stratifiedKFold(rows, { folds, seed: splitSeed, groups }),
    ids: new Set(ids).size === countOf(rows) ? ids : null,
  };
}

/** What each row belongs to. Rows that say nothing would become one group, however many authors they are of. */
function groupsOf(table: Table, column: string): string[] {
  const groups = table.rows.map((row) => row[column]);
  const empty = groups.findIndex((group) => group.trim() === "");
  if (empty >= 0)
    throw new InputError(
      `--groups: expected a group in each row, got none in ${rowPlace(table, empty)}; fill it in; a row that belongs to no other gets a name of its own`,
    );
  return groups;
}
