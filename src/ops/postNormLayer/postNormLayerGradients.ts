import * as tf from "@tensorflow/tfjs-core";
import { UNKNOWN_ACTIVATION } from "../activations/activations";
import { attentionGradients } from "../attention/attentionGradients";
import { compose, defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { nativeKernel } from "../kernels";
import { layerNormGradients } from "../layerNorm/layerNormGradients";
import { type Product, products } from "../products/products";
import { layerExamples } from "./examples";
import {
  layerAttributes,
  type PostNormDrops,
  type PostNormLayer,
  postNormLayer,
  productsOf,
  seedsOf,
} from "./postNormLayer";

interface Inputs {
  /** The gradient of `postNormLayer`'s output: [batch · seq, hidden]. */
  dy: tf.Tensor;
  /** What it read, and what it gave beside. */
  x: tf.Tensor;
  saved: tf.Tensor;
  batchSize: number;
  layer: PostNormLayer;
  drops: PostNormDrops;
  wanted: { x: boolean };
}

/** The parts of a layer in the order in which `parameters` has the gradients of their weights and biases. */
export const PARTS = [
  "query",
  "key",
  "value",
  "attended",
  "intermediate",
  "output",
  "attendedNorm",
  "norm",
] as const;

/** The gradients of what `postNormLayer` read: of x, where it is wanted, and of all its parameters. */
export const postNormLayerGradients = defineOp<Inputs, { x: tf.Tensor | null; parameters: tf.Tensor[] }>({
  name: "postNormLayerGradients",
  inputs: {
    dy: "[batch · seq, hidden]",
    x: "[batch · seq, hidden]",
    saved: "[numbers]",
    batchSize: "whole",
    layer: "heads, activation, and of each part a weight and a bias",
    drops: "rate and seed, or null, of weights, attended and output",
    wanted: "whether that of x",
  },
  outputs: { x: "as x", parameters: "of each part as its weight and its bias" },
  gradients: ["x"],
  precision: { bf16: 0.1, fp16: 0.02 },
  composed({ dy, x, saved, batchSize, layer, drops, wanted }) {
    const [rows, hidden] = x.shape as [number, number];
    const { heads, activation: f } = layer;
    const wide = layer.intermediate.bias.value.size;
    const matrix = [rows, hidden];
    const shapes = [
      ...[matrix, matrix, matrix, [rows, wide], matrix, matrix, matrix, matrix],
      ...[
        [rows, 1],
        [rows, 1],
        [batchSize, heads, rows / batchSize, rows / batchSize],
      ],
    ];
    const parts = tf
      .split(saved, shapes.map(tf.util.sizeFromShape))
      .map((part, i) => tf.reshape(part, shapes[i]));
    const [query, key, value, intermediate, context, inner, firstNormal, normal, firstScale, scale, weights] =
      parts;
    const normGradients = (
      dy: tf.Tensor,
      part: "norm" | "attendedNorm",
      normal: tf.Tensor,
      scale: tf.Tensor,
    ) => {
      const drop = part === "norm" ? drops.output : drops.attended;
      const wanted = { x: true, residual: true, weight: true, bias: true };
      return layerNormGradients({ dy, normal, scale, weight: layer[part].weight.value, drop, wanted });
    };
    const toInput = (dy: tf.Tensor, part: (typeof PARTS)[number], and: Partial<Product> = {}) =>
      products([{ a: dy, b: layer[part].weight.value, ...and }])[0].y!;
    const last = normGradients(dy, "norm", normal, scale);
    const ofIntermediate = toInput(last.x!, "output", { slope: { f, x: intermediate } });
    const ofInner = toInput(ofIntermediate, "intermediate", { add: last.residual });
    const first = normGradients(ofInner, "attendedNorm", firstNormal, firstScale);
    const attended = attentionGradients({
      dy: toInput(first.x!, "attended"),
      ...{ query, key, value, weights, batchSize, heads },
      drop: drops.weights,
      wanted: { query: true, key: true, value: true },
    });
    const ofOutputs = [attended.query!, attended.key!, attended.value!, first.x!, ofIntermediate, last.x!];
    const inputs = [x, x, x, context, inner, intermediate];
    const made = products(
      ofOutputs.map((a, i) => ({
        a,
        transposeA: true,
        b: inputs[i],
        activationB: PARTS[i] === "output" ? f : undefined,
        rowSums: true,
      })),
    );
    const toX = (i: number) => ({ a: ofOutputs[i], b: layer[PARTS[i]].weight.value });
    return {
      x: wanted.x
        ? products([
            { ...toX(0), add: first.residual },
            { ...toX(1), into: 0 },
            { ...toX(2), into: 0 },
          ])[0].y
        : null,
      parameters: [
        ...made.flatMap(({ y, sums }) => [y!, sums!]),
        ...[first, last].flatMap(({ weight, bias }) => [weight!, bias!]),
      ],
    };
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      unless: ({ layer }) => (layer.activation.code === null ? UNKNOWN_ACTIVATION : null),
      compute(native, { dy, x, saved, batchSize, layer, drops, wanted }) {
        const parts = [...productsOf(layer), layer.attendedNorm, layer.norm];
        const sizes = { batch: batchSize, made: 2 * parts.length, ofX: wanted.x };
        const { passing, gradients, ...made } = native.run(
          "PostNormLayerGrad",
          { ...sizes, ...layerAttributes(x, layer, drops) },
          {
            dy,
            x,
            saved,
            parameters: parts.map(({ weight }) => weight.value),
            seeds: Int32Array.from(seedsOf(drops)),
          },
        );
        passing!.dispose();
        return { x: made.x, parameters: gradients as tf.Tensor[] };
      },
    }),
  ],
  *examples() {
    for (const { title, inputs } of layerExamples())
      yield {
        title,
        inputs() {
          const { mask, ...given } = inputs();
          const { saved } = compose(postNormLayer.declaration, { ...given, mask, saves: true });
          const wanted = { x: true };
          return {
            ...given,
            dy: drawn("dy", ...given.x.shape),
            saved: saved!,
            batchSize: mask.shape[0],
            wanted,
          };
        },
        tolerance: 1e-3,
      };
  },
});
