import * as tf from "@tensorflow/tfjs-core";
import type { NativeKernels } from "../../engine/nativeKernels";
import { defineOp } from "../defineOp";
import { drawn, SIZES } from "../drawn";
import { nativeKernel, onDeviceKernel, recordedKernel } from "../kernels";
import { updatesOnDevice, whyNotInPlace } from "./onDevice";
import { factors } from "./rates";
import { recordedUpdates } from "./recorded";

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
  betas: readonly [number, number];
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
 * stays the caller's, as it was, and so do the gradients. `scale` is a scalar that was computed, by which all gradients are multiplied
 * as well: where it is 0 nothing changes, whatever the gradients are.
 */
export function adamWUpdate(updates: AdamWUpdate[], scale: tf.Tensor | null = null): AdamWState[] {
  const { values, means, squares } = adamWOp({ updates, scale });
  return updates.map((_, i) => ({ value: values[i], mean: means[i], square: squares[i] }));
}

interface Inputs {
  updates: AdamWUpdate[];
  scale: tf.Tensor | null;
}

type States = { values: tf.Tensor[]; means: tf.Tensor[]; squares: tf.Tensor[] };

export const adamWOp = defineOp<Inputs, States>({
  name: "adamW",
  inputs: { updates: "of each value, mean, square and gradient of one shape", scale: "[] or null" },
  outputs: { values: "as they were", means: "as they were", squares: "as they were" },
  precision: null,
  composed: ({ updates, scale }) =>
    byParameter(updates, scale ? (update) => scaled(update, scale) : composed),
  kernels: [
    nativeKernel({ unless: isScaled, compute: (native, { updates }) => allAtOnce(native, updates) }),
    onDeviceKernel<Inputs, States>({
      unless: whyNotInPlace,
      compute: (graph, { updates, scale }) => named(updatesOnDevice(graph, updates, scale)),
    }),
    recordedKernel({
      unless: isScaled,
      compute: (graph, { updates }) => named(recordedUpdates(graph, updates)),
    }),
  ],
  *examples() {
    // The last is large enough to be gone through in parts.
    for (const size of [...SIZES, 2 ** 18])
      yield {
        title: `${size} elements`,
        inputs: () => ({ updates: [updateOf([size], 0.01)], scale: null }),
        tolerance: 1e-5,
      };
    yield {
      title: "parameters of several sizes, two of them at another rate",
      inputs: () => ({
        updates: [
          ...[[3], [2, 5], [0], [], [2 ** 14], [1]].map((shape) => updateOf(shape, 0.01)),
          ...[[4], [7, 3]].map((shape) => updateOf(shape, 0.1)),
        ],
        scale: null,
      }),
      tolerance: 1e-5,
    };
    for (const scale of [0.3, 0])
      yield {
        title: `two parameters, by a scale of ${scale}`,
        inputs: () => ({
          updates: [[3], [2, 5]].map((shape) => updateOf(shape, 0.01)),
          scale: tf.scalar(scale),
        }),
        tolerance: 1e-5,
      };
    yield {
      title: "an infinite gradient, by a scale of 0",
      inputs: () => ({
        updates: [{ ...updateOf([2], 0.01), gradient: tf.tensor1d([Number.POSITIVE_INFINITY, Number.NaN]) }],
        scale: tf.scalar(0),
      }),
      tolerance: 1e-7,
    };
  },
});

function isScaled({ scale }: Inputs): string | null {
  return scale ? "by a scale that was computed" : null;
}

function updateOf(shape: number[], learningRate: number): AdamWUpdate {
  const state = {
    value: drawn("p", ...shape),
    mean: drawn("m", ...shape),
    square: tf.square(drawn("v", ...shape)),
  };
  const settings = { weightDecay: 0.1, betas: [0.9, 0.99] as const, eps: 1e-3, step: 3, gradientScale: 0.5 };
  return { state, gradient: drawn("g", ...shape), settings: { learningRate, ...settings } };
}

const byParameter = (updates: AdamWUpdate[], update: (update: AdamWUpdate) => AdamWState): States =>
  named(updates.map(update));

const named = (states: AdamWState[]): States => ({
  values: states.map(({ value }) => value),
  means: states.map(({ mean }) => mean),
  squares: states.map(({ square }) => square),
});

function allAtOnce(native: NativeKernels, updates: AdamWUpdate[]): States {
  // The optimizer's own tensors, which nobody else reads.
  const [means, squares] = (["mean", "square"] as const).map((name) =>
    updates.map(({ state }) => (native.owns(state[name]) ? state[name] : tf.add(state[name], 0))),
  );
  const inPlace = updates.map(({ state, ownValue }) => ownValue === true && native.owns(state.value));
  const settings = updates.flatMap(({ settings }, i) => {
    const { keep, stepSize, rootScale, eps, b1, b2, gradientScale } = factors(settings);
    return [keep, stepSize, rootScale, eps, b1, b2, gradientScale, +inPlace[i]];
  });
  const { updated } = native.run(
    "AdamW",
    { made: inPlace.filter((inPlace) => !inPlace).length },
    {
      values: updates.map(({ state }) => state.value),
      means,
      squares,
      gradients: updates.map(({ gradient }) => gradient),
      settings: Float32Array.from(settings),
    },
  );
  // A parameter without elements stays as it is.
  const values = updates.map(({ state }, i) => (inPlace[i] ? null : updated.shift()) ?? state.value);
  return { values, means, squares };
}

function scaled(update: AdamWUpdate, scale: tf.Tensor): AdamWState {
  const { state, gradient } = update;
  const after = composed({ ...update, gradient: tf.mul(gradient, scale) });
  const unlessNone = (after: tf.Tensor, before: tf.Tensor) => tf.where(tf.notEqual(scale, 0), after, before);
  return {
    value: unlessNone(after.value, state.value),
    mean: unlessNone(after.mean, state.mean),
    square: unlessNone(after.square, state.square),
  };
}

function composed({ state, gradient, settings }: AdamWUpdate): AdamWState {
  const { keep, stepSize, rootScale, eps, b1, b2, gradientScale } = factors(settings);
  const [value, mean, square] = tf.tidy(() => {
    const g = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
    const mean = tf.add(tf.mul(state.mean, b1), tf.mul(g, 1 - b1));
    const square = tf.add(tf.mul(state.square, b2), tf.mul(tf.square(g), 1 - b2));
    const move = tf.div(mean, tf.add(tf.mul(tf.sqrt(square), rootScale), eps));
    return [tf.sub(tf.mul(state.value, keep), tf.mul(move, stepSize)), mean, square];
  });
  return { value, mean, square };
}
