import * as tf from "@tensorflow/tfjs-core";
import { wasmHeap } from "./wasmHeap";

/** What the way back reads of the way forward. */
export interface Normalized {
  /** The rows at mean 0 and variance 1: [rows, width]. */
  normal: tf.Tensor;
  /** What each row was multiplied by to get there: [rows, 1]. */
  scale: tf.Tensor;
}

/**
 * Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): normal · weight + bias for `x` [rows, width], `weight` and
 * `bias` [width].
 */
export function layerNorm(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  eps: number,
): Normalized & { y: tf.Tensor } {
  const heap = wasmHeap();
  if (heap) {
    const [rows, width] = x.shape;
    const [y, normal, scale] = [x.shape, x.shape, [rows, 1]].map((shape) => heap.make(shape));
    const to = [y, normal, scale].map((tensor) => heap.at(tensor));
    heap.kernels.layerNorm(rows, width, heap.at(x), heap.at(weight), heap.at(bias), eps, ...to);
    return { y, normal, scale };
  }
  return tf.tidy(() => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
    const normal = tf.mul(centred, scale);
    return { y: tf.add(tf.mul(normal, weight), bias), normal, scale };
  });
}

/**
 * The gradients of `layerNorm`'s x, weight and bias from that of its output, `dy` [rows, width]: `null` for those of the three that
 * are not `wanted`. The bias alone needs neither `normal` nor `scale`.
 */
export function layerNormGradients(
  dy: tf.Tensor,
  { normal, scale }: Normalized,
  weight: tf.Tensor,
  wanted: boolean[],
): (tf.Tensor | null)[] {
  const heap = wasmHeap();
  const [ofX, ofWeight, ofBias] = wanted;
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
