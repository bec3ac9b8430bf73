import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import { precision } from "./autocast";
import { type Dropout, dropoutMask, seedOf } from "./dropoutMask";
import { matMul } from "./matMul";
import { nativeKernels } from "./nativeKernels";
import { wasmHeap } from "./wasmHeap";

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

/**
 * drop(softmax(query · keyᵀ / √width + mask)) · value for each text and head (Vaswani et al. 2017). `mask`
 * [batch, 1, 1, keys] is 0 where a key may be seen and hugely negative where not. Gives the output, shaped as `query`, and the
 * `weights` [batch, heads, queries, keys] before `drop`, which the way back reads.
 */
export function scaledDotProductAttention(
  attended: Attended,
  mask: tf.Tensor,
): { output: tf.Tensor; weights: tf.Tensor } {
  const { query, key, value, batchSize, heads, drop } = attended;
  const { queries, keys, width, scale } = sizes(attended);
  if (mask.size !== batchSize * keys)
    throw new FrostError(
      `attention: expected a mask of shape [${batchSize}, 1, 1, ${keys}], got [${mask.shape}]`,
    );
  const native = roundingKernels();
  if (native) {
    const inputs = [query, key, value, mask, seedOf(drop)];
    const [output, weights] = native.run("Attention", nativeAttributes(attended, scale), inputs, 2);
    return { output: output!, weights: weights! };
  }
  const heap = wasmHeap();
  if (heap) {
    const { kernels } = heap;
    const kept = drop ? dropoutMask([batchSize, heads, queries, keys], drop) : null;
    const output = heap.make(query.shape);
    const weights = heap.make([batchSize, heads, queries, keys]);
    const pointers = [query, key, value, mask, kept, weights, output].map((tensor) => heap.at(tensor));
    const scratch = heap.scratch(kernels.attentionScratch(queries, keys));
    kernels.attention(batchSize, heads, queries, keys, width, scale, ...pointers, scratch);
    kept?.dispose();
    return { output, weights };
  }
  return tf.tidy(() => {
    const scores = tf.mul(matMul(split(query, attended), split(key, attended), false, true), scale);
    const weights = tf.softmax(tf.add(scores, mask));
    const used = drop ? tf.mul(weights, dropoutMask(weights.shape, drop)) : weights;
    return { output: merge(matMul(used, split(value, attended))), weights };
  });
}

/**
 * The gradients of query, key and value from that of the output, `dy` [batch · queries, heads · width]: `null` for those of the three
 * that are not `wanted`.
 */
export function scaledDotProductAttentionGradients(
  dy: tf.Tensor,
  attended: Attended,
  weights: tf.Tensor,
  wanted: boolean[],
): (tf.Tensor | null)[] {
  const { query, key, value, batchSize, heads, drop } = attended;
  const { queries, keys, width, scale } = sizes(attended);
  const [ofQuery, ofKey, ofValue] = wanted;
  const native = roundingKernels();
  if (native) {
    const attributes = {
      ...nativeAttributes(attended, scale),
      of_query: ofQuery,
      of_key: ofKey,
      of_value: ofValue,
    };
    const inputs = [dy, query, key, value, weights, seedOf(drop)];
    return native.run("AttentionGrad", attributes, inputs, 3);
  }
  const heap = wasmHeap();
  if (heap) {
    const { kernels } = heap;
    const kept = drop ? dropoutMask(weights.shape, drop) : null;
    const gradients = [query, key, value].map((source, i) => (wanted[i] ? heap.make(source.shape) : null));
    const pointers = [dy, query, key, value, weights, kept, ...gradients].map((tensor) => heap.at(tensor));
    const scratch = heap.scratch(kernels.attentionScratch(queries, keys));
    kernels.attentionGradients(batchSize, heads, queries, keys, width, scale, ...pointers, scratch);
    kept?.dispose();
    return gradients;
  }
  const made = tf.tidy(() => {
    const dContext = split(dy, attended);
    const kept = drop ? dropoutMask(weights.shape, drop) : null;
    const gradients: tf.Tensor[] = [];
    if (ofQuery || ofKey) {
      const dUsed = matMul(dContext, split(value, attended), false, true);
      const dWeights = kept ? tf.mul(dUsed, kept) : dUsed;
      const inner = tf.sum(tf.mul(dWeights, weights), -1, true);
      const dScores = tf.mul(tf.mul(weights, tf.sub(dWeights, inner)), scale);
      if (ofQuery) gradients.push(merge(matMul(dScores, split(key, attended))));
      if (ofKey) gradients.push(merge(matMul(dScores, split(query, attended), true, false)));
    }
    const used = kept ? tf.mul(weights, kept) : weights;
    if (ofValue) gradients.push(merge(matMul(used, dContext, true, false)));
    return gradients;
  });
  return wanted.map((is) => (is ? made.shift()! : null));
}

/** The native kernels, which round to bfloat16 and not to float16. */
const roundingKernels = () => (precision() === "fp16" ? null : nativeKernels());

const nativeAttributes = ({ batchSize, heads, drop }: Attended, scale: number) => ({
  batch: batchSize,
  heads,
  scale: { float: scale },
  rate: { float: drop?.rate ?? 0 },
  bf16: precision() === "bf16",
});

function sizes({ query, key, batchSize, heads }: Attended) {
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

/** [batch · n, heads · width] → [batch, heads, n, width] */
const split = (x: tf.Tensor, { batchSize, heads }: Attended) =>
  tf.transpose(tf.reshape(x, [batchSize, -1, heads, x.shape[1]! / heads]), [0, 2, 1, 3]);

/** [batch, heads, n, width] → [batch · n, heads · width] */
const merge = (x: tf.Tensor) =>
  tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [x.shape[0] * x.shape[2]!, x.shape[1]! * x.shape[3]!]);
