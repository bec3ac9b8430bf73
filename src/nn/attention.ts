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
    (graph, inputs) => {
      const width = query.tensor.shape[1]! / heads;
      const [q, k, v] = inputs.map((x) =>
        graph.op("Reshape", [x, graph.shape("batchSize", -1, heads, width)]),
      );
      const byHead = (x: string, perm: number[]) => graph.op("Transpose", [x], { perm: { ints: perm } });
      const products = graph.op("MatMul", [byHead(q, [0, 2, 1, 3]), byHead(k, [0, 2, 3, 1])]);
      const scores = graph.op("Mul", [products, graph.float(1 / Math.sqrt(width))]);
      const seen = graph.op("Add", [scores, graph.given(mask)]);
      const weights = graph.op("Softmax", [seen], { axis: { int: -1 } });
      const context = graph.op("MatMul", [weights, byHead(v, [0, 2, 1, 3])]);
      return graph.op("Reshape", [byHead(context, [0, 2, 1, 3]), graph.shape(-1, heads * width)]);
    },
  );
  weights.dispose();
  return y;
}
