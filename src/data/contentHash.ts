import { createHash, type Hash } from "node:crypto";
import type { EncodedImages } from "./EncodedImages";
import type { EncodedDataset } from "./tokenize";

type Encoded = Omit<EncodedDataset, "hash"> | Omit<EncodedImages, "hash">;

/**
 * SHA-256 over all that a training reads of rows: inputs, labels, and how their random views are drawn. Computed from what is there
 * now, so that rows that were cut, reordered or relabelled by hand have another hash than those they came from.
 */
export function contentHash(rows: Encoded): string {
  const hash = createHash("sha256").update(rowsHash(rows));
  const { labels } = rows;
  if (labels) {
    hash.update(JSON.stringify([labels.problemType, labels.classes ?? null]));
    update(hash, labels.problemType === "single_label_classification" ? labels.ids : labels.values);
  }
  if ("pixels" in rows && rows.augmented) {
    const { scale, ratio, hflip, interpolation, headers } = rows.augmented;
    hash.update(JSON.stringify([scale, ratio, hflip, interpolation, headers]));
  }
  return hash.digest("hex");
}

/** SHA-256 over what a model reads of rows, which their labels are not part of. */
export function rowsHash(rows: Encoded): string {
  return "pixels" in rows ? hashPixels(rows) : hashTokens(rows);
}

function hashPixels({ pixels, height, width, mean, std }: Omit<EncodedImages, "hash">): string {
  const hash = createHash("sha256").update(JSON.stringify([pixels.length, height, width, mean, std]));
  for (const image of pixels) hash.update(image);
  return hash.digest("hex");
}

function hashTokens({ inputIds, tokenTypeIds, padTokenId }: Omit<EncodedDataset, "hash">): string {
  const hash = createHash("sha256");
  // Lengths go in as well, or [1, 2], [3] and [1], [2, 3] would be one.
  hash.update(JSON.stringify([padTokenId, tokenTypeIds !== null, inputIds.map((ids) => ids.length)]));
  for (const column of [inputIds, tokenTypeIds ?? []]) for (const row of column) update(hash, row);
  return hash.digest("hex");
}

/** Rows made by hand may hold plain arrays. */
function update(hash: Hash, values: Int32Array | Float32Array | number[]): void {
  hash.update(Array.isArray(values) ? Float64Array.from(values) : values);
}
