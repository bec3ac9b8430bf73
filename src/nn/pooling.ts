import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/**
 * The largest value of each column over the rows of each text that `mask` [batch, 1, 1, n] does not hide: [batch · n, width] →
 * [batch, width]. The mask is 0 at tokens and hugely negative at padding. Where rows tie, they share the gradient.
 */
export function maxRows(pass: Pass, x: Value, mask: tf.Tensor): Value {
  const [batchSize, , , length] = mask.shape as number[];
  const width = x.tensor.shape[1]!;
  const seen = (x: tf.Tensor, mask: tf.Tensor) =>
    tf.add(tf.reshape(x, [batchSize, length, width]), tf.reshape(mask, [batchSize, length, 1]));
  const y = tf.tidy(() => tf.max(seen(x.tensor, mask), 1));
  return pass.record({
    op: "maxRows",
    settings: { width },
    output: y,
    inputs: { x, mask },
    saved: () => ({ x: x.tensor, y, mask }),
    backward(dy, { x, y, mask }) {
      const largest = tf.cast(tf.equal(seen(x, mask), tf.expandDims(y, 1)), "float32");
      const shares = tf.div(largest, tf.sum(largest, 1, true));
      return { x: tf.reshape(tf.mul(shares, tf.expandDims(dy, 1)), [batchSize * length, width]) };
    },
  });
}

/**
 * The sum of each text's rows weighted by the softmax of `scores` [batch · n, 1] over what `mask` [batch, 1, 1, n] does not hide:
 * [batch · n, width] → [batch, width].
 */
export function weightedRows(pass: Pass, x: Value, scores: Value, mask: tf.Tensor): Value {
  const [batchSize, , , length] = mask.shape as number[];
  const width = x.tensor.shape[1]!;
  const [y, weights] = tf.tidy(() => {
    const seen = tf.add(
      tf.reshape(scores.tensor, [batchSize, length]),
      tf.reshape(mask, [batchSize, length]),
    );
    const weights = tf.expandDims(tf.softmax(seen), 2);
    return [tf.sum(tf.mul(tf.reshape(x.tensor, [batchSize, length, width]), weights), 1), weights];
  });
  const value = pass.record({
    op: "weightedRows",
    settings: { width },
    output: y,
    inputs: { x, scores, mask },
    saved: (wanted) => ({ weights, x: wanted.scores ? x.tensor : null }),
    backward(dy, { weights, x }, wanted) {
      const spread = tf.expandDims(dy, 1);
      const ofScores = () => {
        const slopes = tf.sum(tf.mul(tf.reshape(x!, [batchSize, length, width]), spread), 2, true);
        const mean = tf.sum(tf.mul(slopes, weights), 1, true);
        return tf.reshape(tf.mul(weights, tf.sub(slopes, mean)), [batchSize * length, 1]);
      };
      return {
        x: tf.reshape(tf.mul(spread, weights), [batchSize * length, width]),
        scores: wanted.scores ? ofScores() : null,
      };
    },
  });
  weights.dispose();
  return value;
}
