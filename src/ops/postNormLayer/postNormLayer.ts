import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { precision } from "../../engine/autocast";
import type { NativeKernels } from "../../engine/nativeKernels";
import { FrostError } from "../../errors";
import { type Activation, UNKNOWN_ACTIVATION } from "../activations/activations";
import type { Dropout } from "../dropoutMask/dropoutMask";
import { findNative } from "../kernels";
import { inBf16 } from "../products/products";

/** An encoder layer: how many heads it has, what stands between `intermediate` and `output`, and the layers in the order they run. */
export interface PostNormLayer {
  heads: number;
  activation: Activation;
  query: Weights;
  key: Weights;
  value: Weights;
  attended: Weights;
  attendedNorm: Weights & { eps: number };
  intermediate: Weights;
  output: Weights;
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
 * [batch, 1, 1, seq] as in `attention`. One kernel that takes a few texts at a time through all of the layer, and gives what the ops
 * give one by one. Ask `postNormLayerRefuses` first.
 */
export function postNormLayer(x: tf.Tensor, mask: tf.Tensor, layer: PostNormLayer): tf.Tensor {
  const drops = { weights: null, attended: null, output: null };
  const inputs = forwardInputs(x, mask, layer, keyOf(layer), drops);
  return kernels().run("PostNormLayer", forwardAttributes(x, layer, drops), inputs).y!;
}

/** The same with dropout, and with what `postNormLayerGradients` reads of it. */
export function postNormLayerTraining(
  x: tf.Tensor,
  mask: tf.Tensor,
  layer: PostNormLayer,
  drops: PostNormDrops,
): { y: tf.Tensor; saved: tf.Tensor } {
  const inputs = forwardInputs(x, mask, layer, [0, 0], drops);
  const { y, saved } = kernels().run("PostNormLayerTraining", forwardAttributes(x, layer, drops), inputs);
  return { y: y!, saved: saved! };
}

/** Of a layer's input, where it was wanted, and of its parameters, in the order they run. */
export interface PostNormGradients {
  x: tf.Tensor | null;
  query: OfWeights;
  key: OfWeights;
  value: OfWeights;
  attended: OfWeights;
  attendedNorm: OfWeights;
  intermediate: OfWeights;
  output: OfWeights;
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
  saved: tf.Tensor,
  layer: PostNormLayer,
  drops: PostNormDrops,
  ofX: boolean,
): PostNormGradients {
  const parameters = [...productsOf(layer), layer.attendedNorm, layer.norm];
  const attributes = { batch: batchSize, made: 2 * parameters.length, ofX, ...attributesOf(x, layer, drops) };
  const inputs = {
    dy,
    x,
    saved,
    parameters: parameters.map(({ weight }) => weight.value),
    seeds: Int32Array.from(seedsOf(drops)),
  };
  const made = kernels().run("PostNormLayerGrad", attributes, inputs);
  made.passing!.dispose();
  const next = (): OfWeights => ({ weight: made.gradients.shift()!, bias: made.gradients.shift()! });
  const [q, k, v, attended, intermediate, output, attendedNorm, norm] = parameters.map(next);
  return { x: made.x, query: q, key: k, value: v, attended, attendedNorm, intermediate, output, norm };
}

/** Why no kernel takes the whole layer here, or why it would not pay: of large layers and of few texts. Null where one does. */
export function postNormLayerRefuses(x: tf.Tensor, mask: tf.Tensor, layer: PostNormLayer): string | null {
  const native = findNative(PRECISIONS);
  if (typeof native === "string") return native;
  const bf16 = inBf16();
  if (bf16) return bf16;
  if (layer.activation.code === null) return UNKNOWN_ACTIVATION;
  if (mask.shape[0] < 2 * availableParallelism()) return "too few texts for all cores";
  const hidden = x.shape[1]!;
  const { query, key, value, attended, intermediate, output } = layer;
  const square = [query, key, value, attended].every(({ weight }) =>
    tf.util.arraysEqual(weight.value.shape, [hidden, hidden]),
  );
  if (!square || mask.size !== x.shape[0]) return "other shapes than those of an encoder layer";
  const size = 4 * hidden ** 2 + intermediate.weight.value.size + output.weight.value.size;
  return size <= FITTING ? null : "weights that do not fit into the caches";
}

const forwardInputs = (
  x: tf.Tensor,
  mask: tf.Tensor,
  layer: PostNormLayer,
  weightsKey: number[],
  drops: PostNormDrops,
) => {
  const products = productsOf(layer);
  const parameters = [
    ...products.map(({ weight }) => weight.value),
    ...products.map(({ bias }) => bias.value),
    ...[layer.attendedNorm, layer.norm].flatMap(({ weight, bias }) => [weight.value, bias.value]),
  ];
  return { x, mask, parameters, numbers: Int32Array.of(...weightsKey, ...seedsOf(drops)) };
};

const forwardAttributes = (x: tf.Tensor, layer: PostNormLayer, drops: PostNormDrops) => ({
  eps: layer.norm.eps,
  innerEps: layer.attendedNorm.eps,
  ...attributesOf(x, layer, drops),
});

const PRECISIONS = ["fp32", "bf16"] as const;

function kernels(): NativeKernels {
  const native = findNative(PRECISIONS);
  if (typeof native === "string") throw new FrostError(`a whole layer by one kernel: ${native}`);
  return native;
}

const productsOf = ({ query, key, value, attended, intermediate, output }: PostNormLayer) => [
  query,
  key,
  value,
  attended,
  intermediate,
  output,
];

const attributesOf = (x: tf.Tensor, { heads, activation }: PostNormLayer, drops: PostNormDrops) => ({
  heads,
  scale: 1 / Math.sqrt(x.shape[1]! / heads),
  activation: activation.code ?? 0,
  bf16: precision() === "bf16",
  rate: drops.output?.rate ?? 0,
  innerRate: drops.attended?.rate ?? 0,
  weightsRate: drops.weights?.rate ?? 0,
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
