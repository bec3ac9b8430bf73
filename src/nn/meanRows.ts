import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

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
  const value = pass.record({
    op: "meanRows",
    settings: { width },
    output: tf.tidy(() => tf.sum(tf.mul(tf.reshape(x.tensor, [batchSize, length, width]), shares), 1)),
    inputs: { x, mask },
    saved: () => ({ shares }),
    backward: (dy, { shares }) => ({
      x: tf.reshape(tf.mul(tf.reshape(dy, [batchSize, 1, width]), shares), [batchSize * length, width]),
    }),
  });
  shares.dispose();
  return value;
}
