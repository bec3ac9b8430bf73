import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { precision } from "../../engine/autocast";
import { type Activation, UNKNOWN_ACTIVATION } from "../activations/activations";
import { attention } from "../attention/attention";
import { defineOp } from "../defineOp";
import type { Dropout } from "../dropoutMask/dropoutMask";
import { nativeKernel } from "../kernels";
import { layerNorm } from "../layerNorm/layerNorm";
import { inBf16, type Product, products } from "../products/products";
import { layerExamples } from "./examples";

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
export interface Weights {
  weight: Content;
  bias: Content;
}

/** Equal stamps stand for equal values. */
interface Content {
  value: tf.Tensor;
  stamp: number;
}

/** What is dropped while training: attention's weights, and what comes out of both halves before it is added. */
export interface PostNormDrops {
  weights: Dropout | null;
  attended: Dropout | null;
  output: Dropout | null;
}

export interface PostNormInputs {
  /** [batch · seq, hidden] */
  x: tf.Tensor;
  /** [batch, 1, 1, seq], as in `attention` */
  mask: tf.Tensor;
  layer: PostNormLayer;
  drops: PostNormDrops;
  /** Whether backward will read what `saved` holds. */
  saves: boolean;
}

/** Weights beyond this many numbers do not stay in the caches between one text and the next. */
const FITTING = 1 << 21;

/**
 * A whole encoder layer of post-norm kind (Vaswani et al. 2017), [batch · seq, hidden] → the same. Its kernel takes a few texts at a
 * time through all of the layer, and gives what the ops give one by one. `saved` is one tensor after the other: query, key, value,
 * intermediate, context, the first norm's output, the normalized rows of both norms, their scales, and attention's weights.
 */
export const postNormLayer = defineOp<PostNormInputs, { y: tf.Tensor; saved: tf.Tensor | null }>({
  name: "postNormLayer",
  inputs: {
    x: "[batch · seq, hidden]",
    mask: "[batch, 1, 1, seq]",
    layer: "heads, activation, and of each part a weight and a bias",
    drops: "rate and seed, or null, of weights, attended and output",
    saves: "whether",
  },
  outputs: { y: "as x", saved: "[numbers] or null" },
  precision: { bf16: 0.1, fp16: 0.02 },
  composed({ x, mask, layer, drops, saves }) {
    const dense = (a: tf.Tensor, { weight, bias }: Weights): Product => ({
      a,
      b: weight.value,
      transposeB: true,
      bias: bias.value,
    });
    const normed = (x: tf.Tensor, drop: Dropout | null, residual: tf.Tensor, norm: PostNormLayer["norm"]) =>
      layerNorm({ x, drop, residual, weight: norm.weight.value, bias: norm.bias.value, eps: norm.eps });
    const { heads, activation, attendedNorm, norm } = layer;
    const three = products([layer.query, layer.key, layer.value].map((part) => dense(x, part)));
    const [query, key, value] = three.map(({ y }) => y!);
    const batchSize = mask.shape[0];
    const attended = attention({ query, key, value, batchSize, heads, mask, drop: drops.weights });
    const [{ y: summed }] = products([dense(attended.output, layer.attended)]);
    const inner = normed(summed!, drops.attended, x, attendedNorm);
    const [{ y: intermediate }] = products([dense(inner.y, layer.intermediate)]);
    const [{ y: output }] = products([{ ...dense(intermediate!, layer.output), activationA: activation }]);
    const { y, normal, scale } = normed(output!, drops.output, inner.y, norm);
    const parts = [query, key, value, intermediate!, attended.output, inner.y, inner.normal, normal];
    const all = [...parts, inner.scale, scale, attended.weights].map((part) => tf.reshape(part, [-1]));
    return { y, saved: saves ? tf.concat(all) : null };
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      never: inBf16,
      unless: ({ x, mask, layer }) => {
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
      },
      compute(native, { x, mask, layer, drops, saves }) {
        const parts = productsOf(layer);
        const parameters = [
          ...parts.map(({ weight }) => weight.value),
          ...parts.map(({ bias }) => bias.value),
          ...[layer.attendedNorm, layer.norm].flatMap(({ weight, bias }) => [weight.value, bias.value]),
        ];
        const eps = { eps: layer.norm.eps, innerEps: layer.attendedNorm.eps };
        const attributes = { ...eps, ...layerAttributes(x, layer, drops) };
        const inputs = (key: number[]) => ({
          x,
          mask,
          parameters,
          numbers: Int32Array.of(...key, ...seedsOf(drops)),
        });
        // What is saved is for a backward, after which the weights are others.
        if (!saves)
          return { y: native.run("PostNormLayer", attributes, inputs(keyOf(layer))).y!, saved: null };
        const { y, saved } = native.run("PostNormLayerTraining", attributes, inputs([0, 0]));
        return { y: y!, saved: saved! };
      },
    }),
  ],
  *examples() {
    for (const { title, inputs } of layerExamples())
      for (const saves of [false, true])
        yield {
          title: `${title}${saves ? ", saved" : ""}`,
          inputs: () => ({ ...inputs(), saves }),
          tolerance: 1e-4,
        };
  },
});

export const productsOf = ({ query, key, value, attended, intermediate, output }: PostNormLayer) => [
  query,
  key,
  value,
  attended,
  intermediate,
  output,
];

/** What the C++ kernels are told, of forward and of backward. */
export const layerAttributes = (
  x: tf.Tensor,
  { heads, activation }: PostNormLayer,
  drops: PostNormDrops,
) => ({
  heads,
  scale: 1 / Math.sqrt(x.shape[1]! / heads),
  activation: activation.code ?? 0,
  bf16: precision() === "bf16",
  rate: drops.output?.rate ?? 0,
  innerRate: drops.attended?.rate ?? 0,
  weightsRate: drops.weights?.rate ?? 0,
});

export const seedsOf = ({ weights, attended, output }: PostNormDrops) =>
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
