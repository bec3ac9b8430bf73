import type * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/attention/attention";
import { attentionGradients } from "../ops/attention/attentionGradients";
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
  const options = { batchSize, heads, drop: pass.drawDropout(dropout) };
  const attended = { query: query.tensor, key: key.tensor, value: value.tensor };
  const { output, weights } = ops.attention({ ...attended, ...options, mask });
  const y = pass.record({
    op: "attention",
    settings: { hidden: query.tensor.shape[1]!, heads },
    output,
    inputs: { query, key, value, mask },
    saved: () => ({ ...attended, weights }),
    backward: (dy, saved, wanted) => attentionGradients({ ...saved, ...options, dy, wanted }),
  });
  weights.dispose();
  return y;
}
