import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";
import { rowsOfTexts, seenRows, sumOfRows } from "./rowsOnnx";

/**
 * The mean over the rows of each text that `mask` [batch, 1, 1, n] does not hide: [batch · n, width] → [batch, width]. The mask is 0
 * at tokens and hugely negative at padding, as `attention` takes it.
 */
export function meanRows(pass: Pass, x: Value, mask: tf.Tensor): Value {
  const [batchSize, , , length] = mask.shape as number[];
  const width = x.tensor.shape[1]!;
  // [batch, n, 1], what each row counts for
  const shares = tf.tidy(() => {
    const seen = tf.sub(1, tf.step(tf.neg(tf.reshape(mask, [batchSize, length, 1]))));
    return tf.div(seen, tf.sum(seen, 1, true));
  });
  const y = tf.tidy(() => tf.sum(tf.mul(tf.reshape(x.tensor, [batchSize, length, width]), shares), 1));
  const value = pass.record(
    y,
    [x],
    () => [shares],
    (dy, [shares]) => [
      tf.reshape(tf.mul(tf.reshape(dy, [batchSize, 1, width]), shares), [batchSize * length, width]),
    ],
    (graph, [x]) => {
      const seen = seenRows(graph, mask);
      const sum = sumOfRows(graph, graph.op("Mul", [rowsOfTexts(graph, x, width), seen]));
      return graph.op("Div", [sum, sumOfRows(graph, seen)]);
    },
  );
  shares.dispose();
  return value;
}
