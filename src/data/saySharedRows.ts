import { createHash } from "node:crypto";
import type { Rows } from "./Rows";

/**
 * A line on how many rows to validate on are trained on as well, whatever their labels, since scores on them say little of new rows; null
 * where there are none. Rows are told by what the model reads: their tokens or pixels.
 */
export function saySharedRows(train: Rows, valid: Rows): string | null {
  const trained = new Set(train.inputs.map(hashOf));
  const shared = valid.inputs.map((row) => trained.has(hashOf(row)));
  const count = shared.filter(Boolean).length;
  if (count === 0) return null;
  const which = count === shared.length ? `all ${count}` : `${count} of ${shared.length}`;
  return `${which} rows to validate on are the same to the model as rows to train on, the first of them row ${shared.indexOf(true) + 1}: scores on them say little of new rows`;
}

const hashOf = (row: ArrayLike<number>): string =>
  createHash("sha1")
    .update(row instanceof Uint8Array ? row : Int32Array.from(row))
    .digest("base64");
