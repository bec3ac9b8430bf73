import * as tf from "@tensorflow/tfjs-core";
import type { NativeKernels } from "../../engine/nativeKernels";
import { compose, defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { type Dropout, dropped, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel, recordedKernel } from "../kernels";
import { layerNorm, type Normalized, SHAPES } from "./layerNorm";
import { recordedLayerNormGradients } from "./recorded";

export interface LayerNormGradientInputs extends Normalized {
  /** The gradient of what `layerNorm` gave: [rows, width]. */
  dy: tf.Tensor;
  weight: tf.Tensor;
  drop: Dropout | null;
  wanted: Record<Name, boolean>;
  /** Added to the gradient of x: as x. */
  add?: tf.Tensor | null;
}

type Name = "x" | "residual" | "weight" | "bias";

export type LayerNormGradients = Record<Name, tf.Tensor | null>;

/** The gradients of what `layerNorm` read, those that are wanted. The bias alone needs neither `normal` nor `scale`. */
export const layerNormGradients = defineOp<LayerNormGradientInputs, LayerNormGradients>({
  name: "layerNormGradients",
  inputs: {
    dy: "[rows, width]",
    normal: "as dy",
    scale: "[rows, 1]",
    weight: "[width]",
    drop: "rate and seed, or null",
    wanted: "which",
    add: "as dy, or null",
  },
  outputs: { x: "as dy", residual: "as dy", weight: "[width]", bias: "[width]" },
  gradients: ["x", "residual", "weight", "bias"],
  precision: null,
  composed: ({ dy, normal, scale, weight, drop, wanted, add }) => {
    const sum = wanted.x || wanted.residual ? sumGradient(dy, normal, scale, weight) : null;
    const { x, residual } = throughDropout(sum, drop, wanted);
    return {
      x: x && add ? tf.add(x, add) : x,
      residual,
      weight: wanted.weight ? tf.sum(tf.mul(dy, normal), 0) : null,
      bias: wanted.bias ? tf.sum(dy, 0) : null,
    };
  },
  kernels: [
    nativeKernel({
      unless: ({ wanted }) =>
        wanted.x || wanted.residual || wanted.weight ? null : "the bias alone, which is a sum",
      compute: natively,
    }),
    recordedKernel({ compute: recordedLayerNormGradients }),
  ],
  *examples() {
    for (const [rows, width] of SHAPES)
      for (const [drop, added] of [
        [null, false],
        [{ rate: 0.3, seed: width }, false],
        [{ rate: 0.3, seed: width }, true],
      ] as const)
        yield {
          title: `${rows} x ${width}${drop ? ", dropped" : ""}${added ? ", added" : ""}`,
          inputs() {
            const weight = drawn("w", width);
            const bias = drawn("b", width);
            const forward = { x: drawn("x", rows, width), drop, weight, bias, eps: 1e-3 };
            const { normal, scale } = compose(layerNorm.declaration, forward);
            const wanted = { x: true, residual: true, weight: true, bias: true };
            const add = added ? drawn("add", rows, width) : null;
            return { dy: drawn("dy", rows, width), normal, scale, weight, drop, wanted, add };
          },
          tolerance: 5e-5,
        };
  },
});

/** Of what was normed. */
function sumGradient(dy: tf.Tensor, normal: tf.Tensor, scale: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const d = tf.mul(dy, weight);
    const along = tf.mul(normal, tf.mean(tf.mul(d, normal), -1, true));
    return tf.mul(scale, tf.sub(tf.sub(d, tf.mean(d, -1, true)), along));
  });
}

/** Takes the gradient of the sum of drop(x) and the residual, and gives those of both. */
function throughDropout(
  sum: tf.Tensor | null,
  drop: Dropout | null,
  wanted: LayerNormGradientInputs["wanted"],
): Pick<LayerNormGradients, "x" | "residual"> {
  const x = sum && wanted.x ? (drop ? tf.tidy(() => dropped(sum, drop)) : sum.clone()) : null;
  const residual = sum && wanted.residual ? sum.clone() : null;
  sum?.dispose();
  return { x, residual };
}

function natively(
  native: NativeKernels,
  { dy, normal, scale, weight, drop, wanted, add }: LayerNormGradientInputs,
): LayerNormGradients {
  // Where nothing is dropped or added both are the same.
  const both = wanted.x && wanted.residual && !drop && !add;
  const attributes = {
    rate: drop?.rate ?? 0,
    ofX: wanted.x,
    ofResidual: wanted.residual && !both,
    ofWeight: wanted.weight,
    ofBias: wanted.bias,
  };
  const inputs = { dy, normal, scale, weight, add: add ?? null, seed: seedOf(drop) };
  const made = native.run("LayerNormGrad", attributes, inputs);
  return both ? { ...made, residual: made.x!.clone() } : made;
}
