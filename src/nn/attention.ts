import type * as tf from "@tensorflow/tfjs-core";
import {
  scaledDotProductAttention,
  scaledDotProductAttentionGradients,
} from "../engine/scaledDotProductAttention";
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
  { batchSize, heads, mask, dropout }: AttentionOptions,
): Value {
  const sources = [query, key, value];
  const attended = {
    query: query.tensor,
    key: key.tensor,
    value: value.tensor,
    batchSize,
    heads,
    drop: pass.drawDropout(dropout),
  };
  const { output, weights } = scaledDotProductAttention(attended, mask);
  const y = pass.record(
    output,
    sources,
    () => [query.tensor, key.tensor, value.tensor, weights],
    (dy, [query, key, value, weights]) =>
      scaledDotProductAttentionGradients(
        dy,
        { ...attended, query, key, value },
        weights,
        sources.map((source) => pass.tracks(source)),
      ),
  );
  weights.dispose();
  return y;
}
