import { createHash } from "node:crypto";
import { keysOf } from "./keysOf";
import { rowsOf } from "./rowsOf";
import type { TakenRows } from "./takeRows";

/**
 * A line on how many rows to validate on are trained on as well, whatever their labels, since scores on them say little of new rows; null
 * where there are none.
 */
export function saySharedRows(train: TakenRows, valid: TakenRows): string | null {
  const trained = new Set(contentsOf(train));
  const shared = contentsOf(valid).map((content) => trained.has(content));
  const count = shared.filter(Boolean).length;
  if (count === 0) return null;
  const which = count === shared.length ? `all ${count}` : `${count} of ${shared.length}`;
  const same = "texts" in valid || "paths" in valid ? "the same as" : "the same to the model as";
  return `${which} rows to validate on are ${same} rows to train on, the first of them row ${shared.indexOf(true) + 1}: scores on them say little of new rows`;
}

/** What tells a row from others: its texts or its file; of what a model reads a hash of tokens or pixels. */
function contentsOf(rows: TakenRows): string[] {
  if ("texts" in rows || "paths" in rows) return keysOf(rows);
  return rowsOf(rows).inputs.map(hashOf);
}

const hashOf = (row: ArrayLike<number>): string =>
  createHash("sha1")
    .update(row instanceof Uint8Array ? row : Int32Array.from(row))
    .digest("base64");
