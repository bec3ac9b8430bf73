import * as tf from "@tensorflow/tfjs-core";
import { wasmHeap } from "./wasmHeap";

export interface AdamWState {
  value: tf.Tensor;
  /** Running mean of the gradient. */
  mean: tf.Tensor;
  /** Running mean of its square. */
  square: tf.Tensor;
}

export interface AdamWSettings {
  learningRate: number;
  weightDecay: number;
  betas: [number, number];
  eps: number;
  /** How many updates this parameter has had, this one included. */
  step: number;
  /** What the gradient is multiplied by first: below 1 when it is clipped. */
  gradientScale: number;
}

/**
 * One update of AdamW (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it): the new state, in tensors of its own. The
 * former ones stay with the caller.
 */
export function adamWUpdate(state: AdamWState, gradient: tf.Tensor, settings: AdamWSettings): AdamWState {
  const { learningRate, weightDecay, betas, eps, step, gradientScale } = settings;
  const [b1, b2] = betas;
  const keep = 1 - learningRate * weightDecay;
  const stepSize = learningRate / (1 - b1 ** step);
  const rootScale = 1 / Math.sqrt(1 - b2 ** step);
  const heap = wasmHeap();
  if (heap) {
    const before = [state.value, state.mean, state.square, gradient];
    const [value, mean, square] = [0, 1, 2].map(() => heap.make(state.value.shape));
    const pointers = [...before, value, mean, square].map((tensor) => heap.at(tensor));
    const rates = [keep, stepSize, rootScale, eps, b1, 1 - b1, b2, 1 - b2, gradientScale];
    heap.kernels.adamW(value.size, ...pointers, ...rates);
    return { value, mean, square };
  }
  const [value, mean, square] = tf.tidy(() => {
    const g = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
    const mean = tf.add(tf.mul(state.mean, b1), tf.mul(g, 1 - b1));
    const square = tf.add(tf.mul(state.square, b2), tf.mul(tf.square(g), 1 - b2));
    const move = tf.div(mean, tf.add(tf.mul(tf.sqrt(square), rootScale), eps));
    return [tf.sub(tf.mul(state.value, keep), tf.mul(move, stepSize)), mean, square];
  });
  return { value, mean, square };
}
