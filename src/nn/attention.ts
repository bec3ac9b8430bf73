import type * as tf from "@tensorflow/tfjs-core";
import {
  scaledDotProductAttention,
  scaledDotProductAttentionGradients,
} from "../engine/scaledDotProductAttention";
import { mergeHeadsOnnx, splitHeadsOnnx } from "./heads";
import type { OnnxForm, OnnxGraph } from "./OnnxGraph";
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
 * [batch · keys, hidden]: gives [batch · queries, hidden]. There may be fewer queries than keys. `onnx` is the form of the kind of
 * attention that this is a case of.
 */
export function attention(
  pass: Pass,
  query: Value,
  key: Value,
  value: Value,
  { batchSize, heads, mask, dropout }: AttentionOptions,
  onnx = attentionOnnx({ hidden: query.tensor.shape[1]!, heads, mask: (graph) => graph.given(mask) }),
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
    onnx,
  );
  weights.dispose();
  return y;
}

/** The form of attention from queries, keys and values of [batch · n, hidden]. */
export function attentionOnnx(options: {
  hidden: number;
  heads: number;
  /** What is added to the scores [batch, heads, queries, keys]. */
  mask: (graph: OnnxGraph) => string;
}): OnnxForm {
  const { hidden, heads, mask } = options;
  const width = hidden / heads;
  return (graph, [query, key, value]) => {
    const products = graph.op("MatMul", [
      splitHeadsOnnx(graph, query, heads, width),
      splitHeadsOnnx(graph, key, heads, width, [0, 2, 3, 1]),
    ]);
    const scores = graph.op("Mul", [products, graph.float(1 / Math.sqrt(width))]);
    const weights = graph.op("Softmax", [graph.op("Add", [scores, mask(graph)])], { axis: { int: -1 } });
    return mergeHeadsOnnx(
      graph,
      graph.op("MatMul", [weights, splitHeadsOnnx(graph, value, heads, width)]),
      hidden,
    );
  };
}
