import * as tf from "@tensorflow/tfjs-core";
import { type NativeKernels, nativeKernels } from "./nativeKernels";
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

export interface AdamWUpdate {
  state: AdamWState;
  gradient: tf.Tensor;
  settings: AdamWSettings;
}

/**
 * One update of AdamW (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it) of each parameter: the new states, in their
 * order. A tensor of a former state whose data nothing else shares may be changed and given back; those that do not come back stay
 * the caller's, as they were.
 */
export function adamWUpdate(updates: AdamWUpdate[]): AdamWState[] {
  const native = nativeKernels();
  if (native && updates.length > 0) return updateInPlace(native, updates);
  return updates.map(({ state, gradient, settings }) => replaced(state, gradient, settings));
}

/** What of the settings the kernels compute with. */
function factors({ learningRate, weightDecay, betas: [b1, b2], eps, step, gradientScale }: AdamWSettings) {
  return {
    keep: 1 - learningRate * weightDecay,
    stepSize: learningRate / (1 - b1 ** step),
    rootScale: 1 / Math.sqrt(1 - b2 ** step),
    eps,
    b1,
    b2,
    gradientScale,
  };
}

function updateInPlace(native: NativeKernels, updates: AdamWUpdate[]): AdamWState[] {
  const own = (tensor: tf.Tensor) => (native.owns(tensor) ? tensor : tf.add(tensor, 0));
  const states = updates.map(({ state: { value, mean, square } }) => ({
    value: own(value),
    mean: own(mean),
    square: own(square),
  }));
  const settings = updates.flatMap(({ settings }) => {
    const { keep, stepSize, rootScale, eps, b1, b2, gradientScale } = factors(settings);
    return [keep, stepSize, rootScale, eps, b1, b2, gradientScale];
  });
  const tensors = [
    ...states.map(({ value }) => value),
    ...states.map(({ mean }) => mean),
    ...states.map(({ square }) => square),
    ...updates.map(({ gradient }) => gradient),
  ];
  const [done] = native.run("AdamW", { count: updates.length }, [...tensors, Float32Array.from(settings)], 1);
  done!.dispose();
  return states;
}

function replaced(state: AdamWState, gradient: tf.Tensor, settings: AdamWSettings): AdamWState {
  const { keep, stepSize, rootScale, eps, b1, b2, gradientScale } = factors(settings);
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
