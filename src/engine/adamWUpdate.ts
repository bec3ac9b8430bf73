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
  /** Whether the value may be changed where it lies, if no other tensor shares its data: no array shares it either. */
  ownValue?: boolean;
}

/**
 * One update of AdamW (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it) of each parameter: the new states, in their
 * order. Means and squares, and values where that is allowed, may be changed where they lie and given back; what does not come back
 * stays the caller's, as it was, and so do the gradients.
 */
export function adamWUpdate(updates: AdamWUpdate[]): AdamWState[] {
  const native = nativeKernels();
  if (native) return updateGroup(native, updates);
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

function updateGroup(native: NativeKernels, updates: AdamWUpdate[]): AdamWState[] {
  // The optimizer's own tensors, which nobody else reads.
  const [means, squares] = (["mean", "square"] as const).map((name) =>
    updates.map(({ state }) => (native.owns(state[name]) ? state[name] : tf.add(state[name], 0))),
  );
  const inPlace = updates.map(({ state, ownValue }) => ownValue === true && native.owns(state.value));
  const settings = updates.flatMap(({ settings }, i) => {
    const { keep, stepSize, rootScale, eps, b1, b2, gradientScale } = factors(settings);
    return [keep, stepSize, rootScale, eps, b1, b2, gradientScale, +inPlace[i]];
  });
  const tensors = [
    ...updates.map(({ state }) => state.value),
    ...means,
    ...squares,
    ...updates.map(({ gradient }) => gradient),
  ];
  const inputs = [...tensors, Float32Array.from(settings)];
  const made = inPlace.filter((inPlace) => !inPlace).length;
  const values = native.run("AdamW", { count: updates.length, made }, inputs, made);
  return updates.map(({ state }, i) => ({
    // A parameter without elements stays as it is.
    value: (inPlace[i] ? null : values.shift()) ?? state.value,
    mean: means[i],
    square: squares[i],
  }));
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
