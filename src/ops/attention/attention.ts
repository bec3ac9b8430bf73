import * as tf from "@tensorflow/tfjs-core";
import { precision } from "../../engine/autocast";
import { FrostError } from "../../errors";
import { defineOp } from "../defineOp";
import { type Dropout, dropped, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel, recordedKernel } from "../kernels";
import { matMul } from "../matMul/matMul";
import { attendedExamples } from "./examples";
import { recordedAttention } from "./recorded";

/** Queries, keys and values of many texts and heads, as dense layers give them: a row per token, its heads side by side. */
export interface Attended {
  /** [batch · queries, heads · width] */
  query: tf.Tensor;
  /** [batch · keys, heads · width] */
  key: tf.Tensor;
  /** [batch · keys, heads · width] */
  value: tf.Tensor;
  batchSize: number;
  heads: number;
  /** Which weights are dropped after the softmax. */
  drop?: Dropout | null;
}

/** What all of it needs to be told, with shapes. */
export const ATTENDED = {
  query: "[batch · queries, heads · width]",
  key: "[batch · keys, heads · width]",
  value: "[batch · keys, heads · width]",
  batchSize: "whole",
  heads: "whole",
  drop: "rate and seed, or null",
};

/**
 * drop(softmax(query · keyᵀ / √width + mask)) · value for each text and head (Vaswani et al. 2017). `mask`
 * [batch, 1, 1, keys] is 0 where a key may be seen and hugely negative where not. Gives the output, shaped as `query`, and the
 * `weights` [batch, heads, queries, keys] before `drop`, which backward reads.
 */
export const attention = defineOp<Attended & { mask: tf.Tensor }, { output: tf.Tensor; weights: tf.Tensor }>({
  name: "attention",
  inputs: { ...ATTENDED, mask: "[batch, 1, 1, keys]" },
  outputs: { output: "as query", weights: "[batch, heads, queries, keys]" },
  precision: { bf16: 0.1, fp16: 0.02 },
  check(inputs) {
    const { mask, batchSize } = inputs;
    const { keys } = sizes(inputs);
    if (mask.size !== batchSize * keys)
      throw new FrostError(
        `attention: expected a mask of shape [${batchSize}, 1, 1, ${keys}], got [${mask.shape}]`,
      );
  },
  composed(inputs) {
    const { query, key, value, mask, drop } = inputs;
    const scores = tf.mul(matMul(split(query, inputs), split(key, inputs), false, true), sizes(inputs).scale);
    const weights = tf.softmax(tf.add(scores, mask));
    return { output: merge(matMul(dropped(weights, drop), split(value, inputs))), weights };
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      compute(native, { query, key, value, mask, drop, ...rest }) {
        const attributes = nativeAttributes({ query, key, drop, ...rest });
        const { y, weights } = native.run("Attention", attributes, {
          query,
          key,
          value,
          mask,
          seed: seedOf(drop),
        });
        return { output: y!, weights: weights! };
      },
    }),
    recordedKernel({
      compute: (graph, inputs) => recordedAttention(graph, inputs, sizes(inputs)),
    }),
  ],
  *examples() {
    for (const { title, attended, mask } of attendedExamples())
      yield { title, inputs: () => ({ ...attended(), mask: mask() }), tolerance: 1e-5 };
  },
});

/** What the C++ kernels are told, of forward and of backward. */
export function nativeAttributes(inputs: Omit<Attended, "value">) {
  const { batchSize, heads, drop } = inputs;
  const { scale } = sizes(inputs);
  return { batch: batchSize, heads, scale, rate: drop?.rate ?? 0, bf16: precision() === "bf16" };
}

/** @throws FrostError where texts and heads do not divide the rows and columns */
export function sizes({ query, key, batchSize, heads }: Omit<Attended, "value">) {
  const sizes = {
    queries: query.shape[0] / batchSize,
    keys: key.shape[0] / batchSize,
    width: query.shape[1]! / heads,
  };
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size))
      throw new FrostError(
        `attention: expected ${batchSize} texts and ${heads} heads to divide [${query.shape}] and [${key.shape}], got ${size} ${name}`,
      );
  return { ...sizes, scale: 1 / Math.sqrt(sizes.width) };
}

type Counts = Pick<Attended, "batchSize" | "heads">;

/** [batch · n, heads · width] → [batch, heads, n, width] */
export const split = (x: tf.Tensor, { batchSize, heads }: Counts) =>
  tf.transpose(tf.reshape(x, [batchSize, -1, heads, x.shape[1]! / heads]), [0, 2, 1, 3]);

/** [batch, heads, n, width] → [batch · n, heads · width] */
export const merge = (x: tf.Tensor) =>
  tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [x.shape[0] * x.shape[2]!, x.shape[1]! * x.shape[3]!]);
