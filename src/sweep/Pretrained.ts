import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "../models/Classifier";
import { type Parameter, Snapshot } from "../nn/Parameter";

interface Held {
  values: Float32Array;
  stamp: number;
}

/**
 * The weights and flags that every trial of a sweep starts from. Parameters that a trial may change are copied out of the engine, so
 * that the copies do not count among the tensor bytes a trial is measured by; one that was not read from disk yet is unread again
 * afterwards. Owns the copies until `dispose()`.
 */
export class Pretrained {
  #held = new Map<Parameter, Held | Snapshot>();
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
        this.#held.set(parameter, parameter.stored ? parameter.snapshot() : await copyOf(parameter));
  }

  /** Puts back every weight that has changed. */
  restoreWeights(): void {
    for (const [parameter, held] of this.#held)
      if (held instanceof Snapshot) parameter.restore(held);
      else if (parameter.stamp !== held.stamp) {
        const snapshot = new Snapshot(tf.tensor(held.values.slice(), parameter.shape), held.stamp);
        parameter.restore(snapshot);
        snapshot.dispose();
      }
  }

  restoreFlags(): void {
    for (const [parameter, requiresGrad] of this.#flags) parameter.requiresGrad = requiresGrad;
  }

  dispose(): void {
    for (const held of this.#held.values()) if (held instanceof Snapshot) held.dispose();
    this.#held.clear();
  }
}

// Copied here and above: TensorFlow returns, and computes on, the very array that a tensor was made from.
const copyOf = async (parameter: Parameter): Promise<Held> => ({
  values: (await parameter.data()).slice(),
  stamp: parameter.stamp,
});
