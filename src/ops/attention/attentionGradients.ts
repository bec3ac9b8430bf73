import * as tf from "@tensorflow/tfjs-core";
import { compose, defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { dropoutMask, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel, recordedKernel } from "../kernels";
import { matMul } from "../matMul/matMul";
import { ATTENDED, type Attended, attention, merge, nativeAttributes, sizes, split } from "./attention";
import { attendedExamples } from "./examples";
import { recordedAttentionGradients } from "./recorded";

export interface AttentionGradientInputs extends Attended {
  /** The gradient of `attention`'s output: [batch · queries, heads · width]. */
  dy: tf.Tensor;
  /** What it gave beside. */
  weights: tf.Tensor;
  wanted: Record<Name, boolean>;
}

type Name = "query" | "key" | "value";
export type AttentionGradients = Record<Name, tf.Tensor | null>;

/** The gradients of query, key and value, those that are wanted. */
export const attentionGradients = defineOp<AttentionGradientInputs, AttentionGradients>({
  name: "attentionGradients",
  inputs: {
    ...ATTENDED,
    dy: "[batch · queries, heads · width]",
    weights: "[batch, heads, queries, keys]",
    wanted: "which",
  },
  outputs: { query: "as query", key: "as key", value: "as value" },
  gradients: ["query", "key", "value"],
  precision: { bf16: 0.1, fp16: 0.02 },
  check: sizes,
  composed(inputs) {
    const { dy, query, key, value, weights, drop, wanted } = inputs;
    const { scale } = sizes(inputs);
    const made: Record<Name, tf.Tensor | null> = { query: null, key: null, value: null };
    const dContext = split(dy, inputs);
    const dropMask = drop ? dropoutMask(weights.shape, drop) : null;
    if (wanted.query || wanted.key) {
      const dUsed = matMul(dContext, split(value, inputs), false, true);
      const dWeights = dropMask ? tf.mul(dUsed, dropMask) : dUsed;
      const inner = tf.sum(tf.mul(dWeights, weights), -1, true);
      const dScores = tf.mul(tf.mul(weights, tf.sub(dWeights, inner)), scale);
      if (wanted.query) made.query = merge(matMul(dScores, split(key, inputs)));
      if (wanted.key) made.key = merge(matMul(dScores, split(query, inputs), true, false));
    }
    const used = dropMask ? tf.mul(weights, dropMask) : weights;
    if (wanted.value) made.value = merge(matMul(used, dContext, true, false));
    return made;
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      compute(native, inputs) {
        const { dy, query, key, value, weights, drop, wanted } = inputs;
        const attributes = {
          ...nativeAttributes(inputs),
          ofQuery: wanted.query,
          ofKey: wanted.key,
          ofValue: wanted.value,
        };
        return native.run("AttentionGrad", attributes, {
          dy,
          query,
          key,
          value,
          weights,
          seed: seedOf(drop),
        });
      },
    }),
    recordedKernel({
      compute: (graph, inputs) => recordedAttentionGradients(graph, inputs, sizes(inputs)),
    }),
  ],
  *examples() {
    for (const { title, attended, mask } of attendedExamples())
      yield {
        title,
        inputs() {
          const given = attended();
          const { weights } = compose(attention.declaration, { ...given, mask: mask() });
          const wanted = { query: true, key: true, value: true };
          return { ...given, dy: drawn("dy", ...given.query.shape), weights, wanted };
        },
        tolerance: 1e-5,
      };
  },
});
