import { checkInteger } from "../check";
import type { EncodedDataset } from "./tokenize";

/** Rows padded on the right to one length. The three matrices are row-major `[batchSize, sequenceLength]`. */
export interface Batch {
  batchSize: number;
  sequenceLength: number;
  /** Tokens of each row, padding not counted. */
  lengths: Int32Array;
  inputIds: Int32Array;
  /** 1 at a token, 0 at padding. */
  attentionMask: Int32Array;
  /** Zeros for tokenizers without segments. */
  tokenTypeIds: Int32Array;
}

/**
 * Puts rows side by side, padded to the longest of them.
 *
 * @throws InputError for no rows, or a row that is not there
 */
export function collate(dataset: EncodedDataset, rows: ArrayLike<number>): Batch {
  const batchSize = checkInteger("rows of a batch", rows.length, 1);
  const chosen = Int32Array.from(rows);
  for (const row of chosen) checkInteger("row", row, 0, dataset.inputIds.length - 1);
  const lengths = chosen.map((row) => dataset.inputIds[row].length);
  const sequenceLength = lengths.reduce((a, b) => Math.max(a, b));
  const inputIds = new Int32Array(batchSize * sequenceLength).fill(dataset.padTokenId);
  const attentionMask = new Int32Array(batchSize * sequenceLength);
  const tokenTypeIds = new Int32Array(batchSize * sequenceLength);
  chosen.forEach((row, i) => {
    const start = i * sequenceLength;
    inputIds.set(dataset.inputIds[row], start);
    attentionMask.fill(1, start, start + lengths[i]);
    if (dataset.tokenTypeIds) tokenTypeIds.set(dataset.tokenTypeIds[row], start);
  });
  return { batchSize, sequenceLength, lengths, inputIds, attentionMask, tokenTypeIds };
}
