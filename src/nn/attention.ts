import type * as tf from "@tensorflow/tfjs-core";
import * as ops from "../ops/attention/attention";
import { attentionGradients } from "../ops/attention/attentionGradients";
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
  const { output, weights } = ops.attention({ ...attended, mask });
  const y = pass.record(
    output,
    sources,
    () => [query.tensor, key.tensor, value.tensor, weights],
    (dy, [query, key, value, weights]) => {
      const [ofQuery, ofKey, ofValue] = sources.map((source) => pass.tracks(source));
      const wanted = { query: ofQuery, key: ofKey, value: ofValue };
      const gradients = attentionGradients({ ...attended, dy, query, key, value, weights, wanted });
      return [gradients.query, gradients.key, gradients.value];
    },
    onnx,
  );
  weights.dispose();
  return y;
}

/** The form of attention from queries, keys and values of [batch · n, hidden], and of what else adds to its scores. */
export function attentionOnnx(options: {
  hidden: number;
  heads: number;
  /** What is added to the scores [batch, heads, queries, keys]. */
  mask: (graph: OnnxGraph) => string;
  /** How many scores are added up for each one; default 1. */
  parts?: number;
  /** The other ones, from queries and keys [batch, heads, n, width] and the op's further inputs. */
  added?: (graph: OnnxGraph, query: string, key: string, others: string[]) => string[];
}): OnnxForm {
  const { hidden, heads, mask, parts = 1, added } = options;
  const width = hidden / heads;
  return (graph, inputs) => {
    const [query, key, value] = inputs.slice(0, 3).map((x) => splitHeadsOnnx(graph, x, heads, width));
    const turned = graph.op("Transpose", [key], { perm: { ints: [0, 1, 3, 2] } });
    const products = graph.op("MatMul", [query, turned]);
    const others = added?.(graph, query, key, inputs.slice(3)) ?? [];
    const sum = others.reduce((sum, scores) => graph.op("Add", [sum, scores]), products);
    const scores = graph.op("Mul", [sum, graph.float(1 / Math.sqrt(width * parts))]);
    const weights = graph.op("Softmax", [graph.op("Add", [scores, mask(graph)])], { axis: { int: -1 } });
    return mergeHeadsOnnx(graph, graph.op("MatMul", [weights, value]), hidden);
  };
}
