import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../engine/dropoutMask";
import { matMul } from "../engine/matMul";
import type { Pass, Value } from "./Pass";

export interface AttentionOptions {
  batchSize: number;
  heads: number;
  /** Added to the scores: [batch, 1, 1, keys], 0 where a key may be seen, hugely negative where not. */
  mask: tf.Tensor;
  /** Probability that an attention weight is dropped while training. */
  dropout: number;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017) from `query` [batch · queries, hidden] to `key` and `value`
 * [batch · keys, hidden]: gives [batch · queries, hidden]. There may be fewer queries than keys.
 */
export function attention(
  pass: Pass,
  query: Value,
  key: Value,
  value: Value,
  options: AttentionOptions,
): Value {
  const { batchSize, heads, mask, dropout } = options;
  const hidden = query.tensor.shape[1]!;
  const width = hidden / heads;
  const scale = 1 / Math.sqrt(width);
  const split = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [batchSize, -1, heads, width]), [0, 2, 1, 3]);
  const merge = (x: tf.Tensor) => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, hidden]);

  const [y, q, k, v, weights, ...drop] = tf.tidy(() => {
    const [q, k, v] = [split(query.tensor), split(key.tensor), split(value.tensor)];
    const scores = tf.add(tf.mul(matMul(q, k, false, true), scale), mask);
    const weights = tf.softmax(scores);
    if (!pass.training || dropout === 0) return [merge(matMul(weights, v)), q, k, v, weights];
    const drop = dropoutMask(weights.shape, dropout, pass.drawSeed());
    return [merge(matMul(tf.mul(weights, drop), v)), q, k, v, weights, drop];
  });

  const output = pass.record(
    y,
    [query, key, value],
    () => [q, k, v, weights, ...drop],
    (dy, [q, k, v, weights, drop]) => {
      const dContext = split(dy);
      const used = drop ? tf.mul(weights, drop) : weights;
      const dValue = pass.tracks(value) ? merge(matMul(used, dContext, true, false)) : null;
      if (!pass.tracks(query) && !pass.tracks(key)) return [null, null, dValue];
      const dUsed = matMul(dContext, v, false, true);
      const dWeights = drop ? tf.mul(dUsed, drop) : dUsed;
      const inner = tf.sum(tf.mul(dWeights, weights), -1, true);
      const dScores = tf.mul(tf.mul(weights, tf.sub(dWeights, inner)), scale);
      return [
        pass.tracks(query) ? merge(matMul(dScores, k)) : null,
        pass.tracks(key) ? merge(matMul(dScores, q, true, false)) : null,
        dValue,
      ];
    },
  );
  tf.dispose([q, k, v, weights, ...drop]);
  return output;
}
