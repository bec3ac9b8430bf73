import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { type Dropout, dropped, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel, recordedKernel } from "../kernels";
import { recordedLayerNorm } from "./recorded";

/** What backward reads of forward. */
export interface Normalized {
  /** The rows at mean 0 and variance 1: [rows, width]. */
  normal: tf.Tensor;
  /** What each row was multiplied by to get there: [rows, 1]. */
  scale: tf.Tensor;
}

export interface LayerNormInputs {
  /** What goes into the norm: [rows, width], with its elements dropped and another matrix added first where that is asked for. */
  x: tf.Tensor;
  drop?: Dropout | null;
  residual?: tf.Tensor | null;
  /** [width] */
  weight: tf.Tensor;
  /** [width], where there is one */
  bias?: tf.Tensor | null;
  eps: number;
}

/** Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): normal · weight + bias of drop(x) + residual. */
export const layerNorm = defineOp<LayerNormInputs, { y: tf.Tensor } & Normalized>({
  name: "layerNorm",
  inputs: {
    x: "[rows, width]",
    drop: "rate and seed, or null",
    residual: "as x, or null",
    weight: "[width]",
    bias: "[width] or null",
    eps: "number",
  },
  outputs: { y: "as x", normal: "as x", scale: "[rows, 1]" },
  precision: null,
  composed({ x: given, drop, residual, weight, bias, eps }) {
    const x = summed(given, drop, residual);
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
    const normal = tf.mul(centred, scale);
    const scaled = tf.mul(normal, weight);
    return { y: bias ? tf.add(scaled, bias) : scaled, normal, scale };
  },
  kernels: [
    nativeKernel({
      compute(native, { x, drop, residual, weight, bias, eps }) {
        const attributes = { eps, rate: drop?.rate ?? 0 };
        const inputs = { x, residual: residual ?? null, weight, bias: bias ?? null, seed: seedOf(drop) };
        const { y, normal, scale } = native.run("LayerNorm", attributes, inputs);
        return { y: y!, normal: normal!, scale: scale! };
      },
    }),
    recordedKernel({ compute: recordedLayerNorm }),
  ],
  *examples() {
    for (const [rows, width] of SHAPES)
      for (const [dropped, added, biased] of [
        [false, false, true],
        [false, false, false],
        [true, false, true],
        [false, true, true],
        [true, true, false],
      ])
        yield {
          title: `${rows} x ${width}${dropped ? ", dropped" : ""}${added ? ", added" : ""}${biased ? "" : ", without bias"}`,
          inputs: () => ({
            x: drawn("x", rows, width),
            drop: dropped ? { rate: 0.3, seed: width } : null,
            residual: added ? drawn("r", rows, width) : null,
            weight: drawn("w", width),
            bias: biased ? drawn("b", width) : null,
            eps: 1e-3,
          }),
          tolerance: 5e-5,
        };
  },
});

/** Rows and widths: odd, small, and beyond a tile. */
export const SHAPES = [
  [1, 2],
  [1, 3],
  [2, 4],
  [3, 5],
  [7, 6],
  [2, 7],
  [5, 193],
];

/** drop(x) + residual; new, unless nothing is to be done. */
function summed(x: tf.Tensor, drop?: Dropout | null, residual?: tf.Tensor | null): tf.Tensor {
  return residual ? tf.add(dropped(x, drop), residual) : dropped(x, drop);
}
