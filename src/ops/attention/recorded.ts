import type * as tf from "@tensorflow/tfjs-core";
import type { Graph, Input } from "../../engine/recorder/Graph";
import { softmax } from "../../engine/recorder/kernels/reductions";
import type { Value } from "../../engine/recorder/Value";
import { recordedDropped, recordedMask } from "../dropoutMask/recorded";
import { recordedMatMul } from "../matMul/recorded";
import type { Attended } from "./attention";
import type { AttentionGradientInputs } from "./attentionGradients";

interface Sizes {
  queries: number;
  keys: number;
  width: number;
  scale: number;
}

export function recordedAttention(
  g: Graph,
  { query, key, value, mask, batchSize, heads, drop }: Attended & { mask: tf.Tensor },
  { scale }: Sizes,
): { output: tf.Tensor; weights: tf.Tensor } {
  const [q, k, v] = [query, key, value].map((x) => split(g, x, batchSize, heads));
  const scores = g.op("Add", [recordedMatMul(g, q, k, false, true, { alpha: scale }), mask]);
  const weights = softmax(g, scores, -1);
  const used = recordedDropped(g, weights, drop);
  return { output: g.tensor(merge(g, recordedMatMul(g, used, v, false, false))), weights: g.tensor(weights) };
}

export function recordedAttentionGradients(
  g: Graph,
  { dy, query, key, value, weights: saved, batchSize, heads, drop, wanted }: AttentionGradientInputs,
  { scale }: Sizes,
): Record<"query" | "key" | "value", tf.Tensor | null> {
  const ofContext = split(g, dy, batchSize, heads);
  const weights = g.value(saved);
  const mask = drop && !g.recorder.device ? recordedMask(g, weights.shape, drop) : null;
  const dropped = (x: Value) => (mask ? g.op("Mul", [x, mask]) : recordedDropped(g, x, drop));
  const merged = (x: Value) => g.tensor(merge(g, x));
  const made: Record<"query" | "key" | "value", tf.Tensor | null> = { query: null, key: null, value: null };
  if (wanted.query || wanted.key) {
    const ofWeights = dropped(recordedMatMul(g, ofContext, split(g, value, batchSize, heads), false, true));
    const inner = g.reduce("ReduceSum", g.op("Mul", [ofWeights, weights]), [3], true);
    const ofScores = g.op("Mul", [weights, g.op("Sub", [ofWeights, inner])]);
    const by = (x: tf.Tensor, transposed: boolean) =>
      merged(recordedMatMul(g, ofScores, split(g, x, batchSize, heads), transposed, false, { alpha: scale }));
    if (wanted.query) made.query = by(key, false);
    if (wanted.key) made.key = by(query, true);
  }
  if (wanted.value) made.value = merged(recordedMatMul(g, dropped(weights), ofContext, true, false));
  return made;
}

/** [batch · n, heads · width] → [batch, heads, n, width] */
function split(g: Graph, x: Input, batchSize: number, heads: number): Value {
  const [rows, hidden] = g.value(x).shape;
  return g.transpose(g.reshape(x, [batchSize, rows / batchSize, heads, hidden / heads]), 0, 2, 1, 3);
}

/** [batch, heads, n, width] → [batch · n, heads · width] */
function merge(g: Graph, x: Value): Value {
  const [batch, heads, n, width] = x.shape;
  return g.reshape(g.transpose(x, 0, 2, 1, 3), [batch * n, heads * width]);
}
