import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import { hidingLast } from "../attention/examples";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { type Dropout, dropped, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel } from "../kernels";
import { matMul } from "../matMul/matMul";

/** One query of each text, the rows it looks at, and the dense layers that would make keys and values of them. */
export interface FirstRowAttended {
  /** [batch, heads · width] */
  query: tf.Tensor;
  /** [batch · keys, hidden] */
  x: tf.Tensor;
  /** [heads · width, hidden] */
  keyWeight: tf.Tensor;
  /** [heads · width, hidden] */
  valueWeight: tf.Tensor;
  /** [heads · width] */
  valueBias: tf.Tensor;
  heads: number;
  /** Which weights are dropped after the softmax. */
  drop?: Dropout | null;
}

/** What backward reads of forward, and needs for the values' gradients alone. */
export interface FirstRowSaved {
  /** Softmaxed, before dropout: [batch, heads, keys]. */
  weights: tf.Tensor;
  /** The rows, summed up by their weights: [batch, heads, hidden]. */
  pooled: tf.Tensor;
}

/** What it reads besides for a gradient that comes through the scores: of queries, of rows or of the keys' weight. */
export interface FirstRowScored {
  /** The queries taken through the keys' weight, and scaled: [batch, heads, hidden]. */
  projected: tf.Tensor;
  /** As they went in. */
  query: tf.Tensor;
  x: tf.Tensor;
}

type Results = FirstRowSaved & { output: tf.Tensor; projected: tf.Tensor };

/**
 * drop(softmax(query · keyᵀ / √width + mask)) · value as `attention` gives it, where key = x · keyWeightᵀ + a bias and
 * value = x · valueWeightᵀ + valueBias are never made: query · (x Wᵀ)ᵀ is (query W) · xᵀ, and the sum of the rows' values is the value of
 * their sum. The keys' bias adds the same to all scores of a query, and so changes nothing. `mask` is [batch, 1, 1, keys].
 */
export const firstRowAttention = defineOp<FirstRowAttended & { mask: tf.Tensor }, Results>({
  name: "firstRowAttention",
  inputs: {
    query: "[batch, heads · width]",
    x: "[batch · keys, hidden]",
    keyWeight: "[heads · width, hidden]",
    valueWeight: "[heads · width, hidden]",
    valueBias: "[heads · width]",
    heads: "whole",
    drop: "rate and seed, or null",
    mask: "[batch, 1, 1, keys]",
  },
  outputs: {
    output: "as query",
    weights: "[batch, heads, keys]",
    projected: "[batch, heads, hidden]",
    pooled: "[batch, heads, hidden]",
  },
  precision: { bf16: 0.2, fp16: 0.03 },
  check(inputs) {
    const { batch, keys } = sizes(inputs);
    if (inputs.mask.size !== batch * keys)
      throw new FrostError(
        `attention: expected a mask of shape [${batch}, 1, 1, ${keys}], got [${inputs.mask.shape}]`,
      );
  },
  composed(inputs) {
    const { query, x, keyWeight, valueWeight, valueBias, mask, heads, drop } = inputs;
    const { batch, keys, width, scale } = sizes(inputs);
    const rows = tf.reshape(x, [batch, keys, -1]);
    const projected = tf.mul(byText(matMul(byHead(query, heads), perHead(keyWeight, heads))), scale);
    const scores = tf.add(matMul(projected, rows, false, true), tf.reshape(mask, [batch, 1, keys]));
    const weights = tf.softmax(scores);
    const used = dropped(weights, drop);
    const pooled = matMul(used, rows);
    const values = matMul(byHead(pooled, heads), perHead(valueWeight, heads), false, true);
    const biases = tf.mul(tf.sum(used, -1, true), tf.reshape(valueBias, [1, heads, width]));
    return { output: tf.reshape(tf.add(byText(values), biases), query.shape), weights, projected, pooled };
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32"],
      compute(native, inputs) {
        const { heads, drop, query, x, keyWeight, valueWeight, valueBias, mask } = inputs;
        const attributes = { heads, scale: sizes(inputs).scale, rate: drop?.rate ?? 0 };
        const tensors = { query, x, keyWeight, valueWeight, valueBias, mask, seed: seedOf(drop) };
        const {
          y,
          weights,
          turned: projected,
          pooled,
        } = native.run("FirstRowAttention", attributes, tensors);
        return { output: y!, weights: weights!, projected: projected!, pooled: pooled! };
      },
    }),
  ],
  *examples() {
    for (const { title, attended, keys } of firstRowExamples())
      yield {
        title,
        inputs() {
          const given = attended();
          return { ...given, mask: hidingLast(given.query.shape[0], keys) };
        },
        tolerance: 1e-4,
      };
  },
});

/** Sizes odd and even, small and beyond a tile, with dropout and without. */
export function* firstRowExamples(): Iterable<{ title: string; keys: number; attended(): FirstRowAttended }> {
  for (const [batch, heads, keys, width, hidden] of [
    [1, 1, 1, 1, 1],
    [2, 1, 3, 4, 4],
    [3, 2, 7, 5, 10],
    [5, 3, 23, 8, 24],
    [2, 4, 33, 16, 70],
  ])
    for (const drop of [null, { rate: 0.4, seed: 5 }])
      yield {
        title: `${batch} x ${heads}, ${keys} keys, ${width} of ${hidden}${drop ? ", dropped" : ""}`,
        keys,
        attended: () => ({
          query: drawn("q", batch, heads * width),
          x: drawn("x", batch * keys, hidden),
          keyWeight: drawn("k", heads * width, hidden),
          valueWeight: drawn("v", heads * width, hidden),
          valueBias: drawn("b", heads * width),
          heads,
          drop,
        }),
      };
}

function sizes({ query, x, heads }: FirstRowAttended) {
  const batch = query.shape[0];
  const [keys, width] = [x.shape[0] / batch, query.shape[1]! / heads];
  if (!Number.isInteger(keys) || !Number.isInteger(width))
    throw new FrostError(
      `attention: expected ${batch} texts and ${heads} heads to divide [${query.shape}] and [${x.shape}], got ${keys} keys of width ${width}`,
    );
  return { batch, keys, width, scale: 1 / Math.sqrt(width) };
}

/** [heads · n, hidden] → [heads, n, hidden] */
export const perHead = (weight: tf.Tensor, heads: number) =>
  tf.reshape(weight, [heads, -1, weight.shape[1]!]);

/** [batch, heads · n], or [batch, heads, n] → [heads, batch, n] */
export const byHead = (x: tf.Tensor, heads: number) =>
  tf.transpose(tf.reshape(x, [x.shape[0], heads, -1]), [1, 0, 2]);

/** [heads, batch, n] → [batch, heads, n] */
export const byText = (x: tf.Tensor) => tf.transpose(x, [1, 0, 2]);
