import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/**
 * The first `count` of each of `batchSize` equally long runs of rows, side by side, zeros where a run has fewer: [batch · n, width] →
 * [batch, count · width].
 */
export function leadingRows(pass: Pass, x: Value, batchSize: number, count: number): Value {
  const width = x.tensor.shape[1]!;
  const length = x.tensor.shape[0] / batchSize;
  /** To so many rows a run: cut, or zeros behind. */
  const fitted = (rows: tf.Tensor, from: number, to: number) => {
    const cut = tf.slice(tf.reshape(rows, [batchSize, from, width]), [0, 0, 0], [-1, Math.min(from, to), -1]);
    return to <= from
      ? cut
      : tf.pad(cut, [
          [0, 0],
          [0, to - from],
          [0, 0],
        ]);
  };
  return pass.record({
    op: "leadingRows",
    settings: { count, width },
    output: tf.tidy(() => tf.reshape(fitted(x.tensor, length, count), [batchSize, count * width])),
    inputs: { x },
    backward: (dy) => ({ x: tf.reshape(fitted(dy, count, length), [batchSize * length, width]) }),
  });
}
