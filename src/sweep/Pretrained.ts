import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "../models/Classifier";
import { type Parameter, Snapshot } from "../nn/Parameter";

interface Held {
  values: Float32Array;
  stamp: number;
}

/**
 * The weights and flags that every trial of a sweep starts from. Copies are held outside the engine, so that they are not in the
 * tensor bytes a trial is measured by, and only of what some trial is about to change.
 */
export class Pretrained {
  #held = new Map<Parameter, Held>();
  #flags: Map<Parameter, boolean>;

  constructor(private readonly model: Classifier) {
    this.#flags = new Map(
      model.namedParameters().map(([, parameter]) => [parameter, parameter.requiresGrad]),
    );
  }

  /** Copies whatever may change now: all that is trainable, what the model draws anew by seed, and running statistics. */
  async hold(): Promise<void> {
    const drawn = new Set(this.model.newlyInitialized);
    // Those of adapters, which a trial adds and takes off again, are not among the flags.
    const moved = [...this.#flags.keys()].filter(({ requiresGrad, name }) => requiresGrad || drawn.has(name));
    for (const parameter of [...moved, ...this.model.namedBuffers().map(([, buffer]) => buffer)])
      if (!this.#held.has(parameter))
        this.#held.set(parameter, {
          // Copied here and below: TensorFlow hands out and computes on the very array that a tensor was made of.
          values: ((await parameter.value.data()) as Float32Array).slice(),
          stamp: parameter.stamp,
        });
  }

  /** Puts back every weight that has changed. */
  restoreWeights(): void {
    for (const [parameter, { values, stamp }] of this.#held) {
      if (parameter.stamp === stamp) continue;
      const snapshot = new Snapshot(tf.tensor(values.slice(), parameter.shape), stamp);
      parameter.restore(snapshot);
      snapshot.dispose();
    }
  }

  restoreFlags(): void {
    for (const [parameter, requiresGrad] of this.#flags) parameter.requiresGrad = requiresGrad;
  }
}
