import * as tf from "@tensorflow/tfjs-core";
import { drawn } from "../drawn";
import type { Attended } from "./attention";

/** Any number of texts, heads, queries, keys and widths, with dropout and without; the last key of the last text is hidden. */
export function* attendedExamples(): Iterable<{ title: string; attended(): Attended; mask(): tf.Tensor }> {
  for (const [batchSize, heads, queries, keys, width] of [
    [1, 1, 1, 1, 1],
    [2, 1, 3, 3, 4],
    [1, 3, 1, 7, 5],
    [2, 2, 5, 9, 3],
    [3, 1, 6, 23, 64],
  ])
    for (const drop of [null, { rate: 0.4, seed: 5 }])
      yield {
        title: `${batchSize} x ${heads}, ${queries} x ${keys} x ${width}${drop ? ", dropped" : ""}`,
        attended: () => ({
          query: drawn("q", batchSize * queries, heads * width),
          key: drawn("k", batchSize * keys, heads * width),
          value: drawn("v", batchSize * keys, heads * width),
          batchSize,
          heads,
          drop,
        }),
        mask: () => hidingLast(batchSize, keys),
      };
}

/** [batch, 1, 1, keys], the last key of the last text hidden unless it is the only one. */
export function hidingLast(batchSize: number, keys: number): tf.Tensor {
  const mask = new Float32Array(batchSize * keys);
  if (keys > 1) mask[mask.length - 1] = -1e9;
  return tf.tensor4d(mask, [batchSize, 1, 1, keys]);
}
