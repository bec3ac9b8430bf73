import * as tf from "@tensorflow/tfjs-core";
import { type Dropout, dropoutMask, seedOf } from "./dropoutMask";
import { nativeKernels } from "./nativeKernels";
import { wasmHeap } from "./wasmHeap";

/** What the way back reads of the way forward. */
export interface Normalized {
  /** The rows at mean 0 and variance 1: [rows, width]. */
  normal: tf.Tensor;
  /** What each row was multiplied by to get there: [rows, 1]. */
  scale: tf.Tensor;
}

/** What goes into the norm: [rows, width], with its elements dropped and another matrix added first where that is asked for. */
export interface NormInput {
  x: tf.Tensor;
  drop?: Dropout | null;
  residual?: tf.Tensor | null;
}

/**
 * Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): normal · weight + bias of drop(x) + residual; `weight` and
 * `bias` are [width].
 */
export function layerNorm(
  { x, drop, residual }: NormInput,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps: number,
): Normalized & { y: tf.Tensor } {
  const native = nativeKernels();
  if (native) {
    const attributes = { eps: { float: eps }, rate: { float: drop?.rate ?? 0 } };
    const inputs = [x, residual ?? null, weight, bias, seedOf(drop)];
    const [y, normal, scale] = native.run("LayerNorm", attributes, inputs, 3);
    return { y: y!, normal: normal!, scale: scale! };
  }
  return tf.tidy(() => {
    const dropped = drop ? tf.mul(x, dropoutMask(x.shape, drop)) : x;
    return normalize(residual ? tf.add(dropped, residual) : dropped, weight, bias, eps);
  });
}

function normalize(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps: number) {
  const heap = wasmHeap();
  if (heap) {
    const [rows, width] = x.shape;
    const [y, normal, scale] = [x.shape, x.shape, [rows, 1]].map((shape) => heap.make(shape));
    const to = [y, normal, scale].map((tensor) => heap.at(tensor));
    heap.kernels.layerNorm(rows, width, heap.at(x), heap.at(weight), heap.at(bias), eps, ...to);
    return { y, normal, scale };
  }
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
  const normal = tf.mul(centred, scale);
  return { y: tf.add(tf.mul(normal, weight), bias), normal, scale };
}

/** Which gradients are wanted. */
export interface WantedGradients {
  x: boolean;
  residual: boolean;
  weight: boolean;
  bias: boolean;
}

/**
 * The gradients of what `layerNorm` read from that of its output, `dy` [rows, width]: those that are not wanted are missing. The
 * bias alone needs neither `normal` nor `scale`.
 */
export function layerNormGradients(
  dy: tf.Tensor,
  { normal, scale }: Normalized,
  weight: tf.Tensor,
  drop: Dropout | null,
  wanted: WantedGradients,
): { [Name in keyof WantedGradients]: tf.Tensor | null } {
  const native = nativeKernels();
  if (native && (wanted.x || wanted.residual || wanted.weight)) {
    // Without dropout both are the same.
    const both = wanted.x && wanted.residual && !drop;
    const attributes = {
      rate: { float: drop?.rate ?? 0 },
      of_x: wanted.x,
      of_residual: wanted.residual && !both,
      of_weight: wanted.weight,
      of_bias: wanted.bias,
    };
    const inputs = [dy, normal, scale, weight, seedOf(drop)];
    const [x, residual, ofWeight, bias] = native.run("LayerNormGrad", attributes, inputs, 4);
    return { x, residual: both ? x!.clone() : residual, weight: ofWeight, bias };
  }
  const [sum, ofWeight, bias] = undropped(dy, normal, scale, weight, [
    wanted.x || wanted.residual,
    wanted.weight,
    wanted.bias,
  ]);
  const x =
    sum && wanted.x && drop
      ? tf.tidy(() => tf.mul(sum, dropoutMask(sum.shape, drop)))
      : (sum?.clone() ?? null);
  const gradients = {
    x: wanted.x ? x : null,
    residual: wanted.residual ? sum : null,
    weight: ofWeight,
    bias,
  };
  if (!wanted.x) x?.dispose();
  if (!wanted.residual) sum?.dispose();
  return gradients;
}

function undropped(
  dy: tf.Tensor,
  normal: tf.Tensor,
  scale: tf.Tensor,
  weight: tf.Tensor,
  [ofX, ofWeight, ofBias]: boolean[],
): (tf.Tensor | null)[] {
  const heap = wasmHeap();
  if (heap) {
    const [rows, width] = dy.shape;
    const gradients = [ofX && dy.shape, ofWeight && [width], ofBias && [width]].map((shape) =>
      shape ? heap.make(shape) : null,
    );
    const from = [dy, normal, scale, weight].map((tensor) => heap.at(tensor));
    heap.kernels.layerNormGradients(rows, width, ...from, ...gradients.map((tensor) => heap.at(tensor)));
    return gradients;
  }
  return [
    ofX ? inputGradient(dy, normal, scale, weight) : null,
    ofWeight ? tf.tidy(() => tf.sum(tf.mul(dy, normal), 0)) : null,
    ofBias ? tf.sum(dy, 0) : null,
  ];
}

function inputGradient(dy: tf.Tensor, normal: tf.Tensor, scale: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const d = tf.mul(dy, weight);
    const along = tf.mul(normal, tf.mean(tf.mul(d, normal), -1, true));
    return tf.mul(scale, tf.sub(tf.sub(d, tf.mean(d, -1, true)), along));
  });
}
