import { createHash } from "node:crypto";
import type { Rows } from "./Rows";
import { rowKeys } from "./rowKeys";

/**
 * A line on how many rows to validate on are trained on as well, whatever their labels, since scores on them say little of new rows; null
 * where there are none. Texts are told by their tokens, those that were cut by the whole of them; images by their files, or by their
 * pixels where some came from none.
 */
export function saySharedRows(train: Rows, valid: Rows): string | null {
  const both = [train, valid];
  const byKey = both.every(({ kind, inputs }) => kind === "texts" || inputs.every((row) => rowKeys.has(row)));
  const [trained, judged] = both.map(({ inputs }) =>
    inputs.map((row) => (byKey && rowKeys.get(row)) || hashOf(row)),
  );
  const known = new Set(trained);
  const shared = judged.map((key) => known.has(key));
  const count = shared.filter(Boolean).length;
  if (count === 0) return null;
  const which = count === shared.length ? `all ${count}` : `${count} of ${shared.length}`;
  return `${which} rows to validate on are the same to the model as rows to train on, the first of them row ${shared.indexOf(true) + 1}: scores on them say little of new rows`;
}

const hashOf = (row: ArrayLike<number>): string =>
  createHash("sha1")
    .update(row instanceof Uint8Array ? row : Int32Array.from(row))
    .digest("base64");
