import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "./activation";
import { precision } from "./autocast";
import type { Dropout } from "./dropoutMask";
import type { NativeKernels } from "./nativeKernels";
import { multiplyingKernels } from "./product";

/** An encoder layer: how many heads it has, what stands between `widen` and `narrow`, and the layers in the order they run. */
export interface PostNormLayer {
  heads: number;
  activation: Activation;
  query: Weights;
  key: Weights;
  value: Weights;
  attended: Weights;
  attendedNorm: Weights & { eps: number };
  widen: Weights;
  narrow: Weights;
  norm: Weights & { eps: number };
}

/** Of a dense layer [out, in] and [out], or of a norm, [width] each. */
interface Weights {
  weight: Content;
  bias: Content;
}

/** Equal stamps stand for equal values. */
interface Content {
  value: tf.Tensor;
  stamp: number;
}

/** Weights beyond this many numbers do not stay in the caches between one text and the next. */
const FITTING = 1 << 21;

/** What is dropped while training: attention's weights, and what comes out of both halves before it is added. */
export interface PostNormDrops {
  weights: Dropout | null;
  attended: Dropout | null;
  output: Dropout | null;
}

/**
 * A whole encoder layer of post-norm kind (Vaswani et al. 2017) as in eval mode, [batch · seq, hidden] → the same; `mask`
 * [batch, 1, 1, seq] as in `scaledDotProductAttention`. One kernel that takes a few texts at a time through all of the layer, and gives
 * what the ops give one by one; `null` where there is none, or where it would not be faster: of large layers and of few texts.
 */
export function postNormLayer(x: tf.Tensor, mask: tf.Tensor, layer: PostNormLayer): tf.Tensor | null {
  const native = kernelsFor(x, mask, layer);
  if (!native) return null;
  const drops = { weights: null, attended: null, output: null };
  return run(native, "PostNormLayer", x, mask, layer, keyOf(layer), drops, 1)[0];
}

/** The same with dropout, which is drawn only where it will be used, and with what `postNormLayerGradients` reads of it. */
export function postNormLayerTraining(
  x: tf.Tensor,
  mask: tf.Tensor,
  layer: PostNormLayer,
  draw: () => PostNormDrops,
): { y: tf.Tensor; kept: tf.Tensor; drops: PostNormDrops } | null {
  const native = kernelsFor(x, mask, layer);
  if (!native) return null;
  const drops = draw();
  const [y, kept] = run(native, "PostNormLayerTraining", x, mask, layer, [0, 0], drops, 2);
  return { y, kept, drops };
}

/** Of a layer's input, where it was wanted, and of its parameters, in the order they run. */
export interface PostNormGradients {
  x: tf.Tensor | null;
  query: OfWeights;
  key: OfWeights;
  value: OfWeights;
  attended: OfWeights;
  attendedNorm: OfWeights;
  widen: OfWeights;
  narrow: OfWeights;
  norm: OfWeights;
}

interface OfWeights {
  weight: tf.Tensor;
  bias: tf.Tensor;
}

/** The gradients of what `postNormLayerTraining` read from that of its output, `dy` [batch · seq, hidden]. */
export function postNormLayerGradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  batchSize: number,
  kept: tf.Tensor,
  layer: PostNormLayer,
  drops: PostNormDrops,
  ofX: boolean,
): PostNormGradients {
  const attributes = {
    batch: batchSize,
    count: 8,
    of_x: ofX,
    ...attributesOf(x, layer, drops),
  };
  const parameters = [...productsOf(layer), layer.attendedNorm, layer.norm];
  const inputs = [
    ...[dy, x, kept],
    ...parameters.map(({ weight }) => weight.value),
    Int32Array.from(seedsOf(drops)),
  ];
  const [first, ...made] = multiplyingKernels()!.run("PostNormLayerGrad", attributes, inputs, 18);
  made.pop()!.dispose();
  const next = (): OfWeights => ({ weight: made.shift()!, bias: made.shift()! });
  const [q, k, v, attended, widen, narrow, attendedNorm, norm] = parameters.map(next);
  return { x: first, query: q, key: k, value: v, attended, attendedNorm, widen, narrow, norm };
}

function kernelsFor(x: tf.Tensor, mask: tf.Tensor, layer: PostNormLayer): NativeKernels | null {
  const native = multiplyingKernels();
  if (!native || mask.shape[0] < 2 * availableParallelism()) return null;
  const hidden = x.shape[1]!;
  const { query, key, value, attended, widen, narrow } = layer;
  const square = [query, key, value, attended].every(({ weight }) =>
    tf.util.arraysEqual(weight.value.shape, [hidden, hidden]),
  );
  const size = 4 * hidden ** 2 + widen.weight.value.size + narrow.weight.value.size;
  return square && size <= FITTING && mask.size === x.shape[0] ? native : null;
}

function run(
  native: NativeKernels,
  op: string,
  x: tf.Tensor,
  mask: tf.Tensor,
  layer: PostNormLayer,
  weightsKey: number[],
  drops: PostNormDrops,
  outputs: number,
): tf.Tensor[] {
  const { attendedNorm, norm } = layer;
  const products = productsOf(layer);
  const attributes = {
    count: 16,
    eps: { float: norm.eps },
    inner_eps: { float: attendedNorm.eps },
    ...attributesOf(x, layer, drops),
  };
  const parameters = [
    ...products.map(({ weight }) => weight.value),
    ...products.map(({ bias }) => bias.value),
    ...[attendedNorm, norm].flatMap(({ weight, bias }) => [weight.value, bias.value]),
  ];
  const numbers = Int32Array.of(...weightsKey, ...seedsOf(drops));
  return native.run(op, attributes, [x, mask, ...parameters, numbers], outputs) as tf.Tensor[];
}

const productsOf = ({ query, key, value, attended, widen, narrow }: PostNormLayer) => [
  query,
  key,
  value,
  attended,
  widen,
  narrow,
];

const attributesOf = (x: tf.Tensor, { heads, activation }: PostNormLayer, drops: PostNormDrops) => ({
  heads,
  scale: { float: 1 / Math.sqrt(x.shape[1]! / heads) },
  activation: activation.code,
  bf16: precision() === "bf16",
  rate: { float: drops.output?.rate ?? 0 },
  inner_rate: { float: drops.attended?.rate ?? 0 },
  weights_rate: { float: drops.weights?.rate ?? 0 },
});

const seedsOf = ({ weights, attended, output }: PostNormDrops) =>
  [weights, attended, output].map((drop) => drop?.seed ?? 0);

/** By the first weight: what all held when they were last gone through, and the count that stood for it. */
const known = new WeakMap<Content, { held: string; count: number }>();
let count = 0;
// Of the kernels' other users in this process, such as a second copy of the kit, each counts for itself.
const own = randomInt(1, 2 ** 31);

/** Stands for the products' weights as they are, in this precision: the kernel need not order them anew when they come again. */
function keyOf(layer: PostNormLayer): number[] {
  const weights = productsOf(layer).map(({ weight }) => weight);
  const held = [precision(), ...weights.map(({ stamp }) => stamp)].join();
  let last = known.get(weights[0]);
  if (last?.held !== held) {
    count = (count + 1) % 2 ** 31;
    last = { held, count };
    known.set(weights[0], last);
  }
  return [own, last.count];
}
