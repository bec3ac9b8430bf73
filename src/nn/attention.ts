import type * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../engine/dropoutMask";
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
  const [queries, keys] = [query, key].map(({ tensor }) => tensor.shape[0] / batchSize);
  const drop =
    pass.training && dropout > 0
      ? dropoutMask([batchSize, heads, queries, keys], dropout, pass.drawSeed())
      : undefined;
  const sources = [query, key, value];
  const tensors = { query: query.tensor, key: key.tensor, value: value.tensor };
  const { output, weights } = scaledDotProductAttention({ ...tensors, batchSize, heads, drop }, mask);
  const y = pass.record(
    output,
    sources,
    () => [tensors.query, tensors.key, tensors.value, weights, ...(drop ? [drop] : [])],
    (dy, [query, key, value, weights, drop]) =>
      scaledDotProductAttentionGradients(
        dy,
        { query, key, value, batchSize, heads, drop },
        weights,
        sources.map((source) => pass.tracks(source)),
      ),
  );
  weights.dispose();
  drop?.dispose();
  return y;
}
