import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { Parameter } from "../nn/Parameter";

/** How weights are disturbed in training, by its name or with settings of its own. */
export type AdversarialChoice = "fgm" | "awp" | Fgm | Awp;

/** The word embeddings are moved along their gradient, and both gradients count (Miyato et al. 2017). */
export interface Fgm {
  /** Which one. */
  name: "fgm";
  /** How far: the norm of the change. Default: 1. */
  epsilon?: number;
  /** The first epoch that has it. Default: 1. */
  fromEpoch?: number;
}

/** Weights are moved along their gradients, and the gradients there count alone (Wu et al. 2020). */
export interface Awp {
  /** Which one. */
  name: "awp";
  /** How far: the change's norm as a share of the weight's. Default: 1e-4. */
  learningRate?: number;
  /** The most that a number may change, as a share of itself. Default: 1e-2. */
  epsilon?: number;
  /** The first epoch that has it. Default: 1. */
  fromEpoch?: number;
}

const WORDS = /\.(word_embeddings|tok_embeddings)\.weight$/;

/** @throws InputError where depths are to be tried at which FGM finds nothing to disturb */
export function checkDepthsOf(choice: AdversarialChoice | undefined, depths: readonly number[]): void {
  const name = typeof choice === "object" ? choice.name : choice;
  const frozen = depths.find((n) => n >= 0);
  if (name === "fgm" && frozen !== undefined)
    throw new InputError(
      `adversarial: expected depths at which word embeddings learn, since FGM disturbs them, got n = ${frozen}; take "awp", or n: [-1]`,
    );
}

/** Disturbs weights by their gradients, for a second forward and backward of a step: FGM and AWP as Kaggle's notebooks have them. */
export class Adversary {
  #how: Fgm | Awp;

  constructor(choice: AdversarialChoice) {
    this.#how = typeof choice === "string" ? { name: choice } : choice;
  }

  /** What decides, besides gradients and weights, what it does in an epoch; null where it does nothing. */
  form(epoch: number): string | null {
    return epoch >= (this.#how.fromEpoch ?? 1) ? JSON.stringify(this.#how) : null;
  }

  /** Whether the gradients there are added to those of the weights themselves, or take their place. */
  get adds(): boolean {
    return this.#how.name === "fgm";
  }

  /** @throws InputError where nothing that learns would be disturbed */
  check(model: Classifier): void {
    const learning = model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad);
    if (learning.some(([name]) => this.#disturbs(name))) return;
    throw new InputError(
      this.#how.name === "fgm"
        ? 'adversarial: expected word embeddings that learn, since FGM disturbs them, got none; take "awp", which disturbs what learns, or freeze nothing'
        : "adversarial: expected weights that learn, since AWP disturbs them, got none",
    );
  }

  /**
   * Has `run` find parameters disturbed by their gradients, which are multiplied by `scale`, and as they were afterwards: the very tensors.
   */
  disturbed(gradients: ReadonlyMap<Parameter, tf.Tensor>, scale: number, run: () => void): void {
    const pairs: [Parameter, Parameter][] = [];
    const exchange = () => {
      for (const [parameter, other] of pairs) parameter.exchange(other);
    };
    try {
      for (const [parameter, gradient] of gradients)
        if (this.#disturbs(parameter.name)) {
          const value = tf.tidy(() => this.#moved(parameter.value, gradient, scale));
          pairs.push([parameter, new Parameter(parameter.name, value)]);
        }
      exchange();
      try {
        run();
      } finally {
        exchange();
      }
    } finally {
      for (const [, other] of pairs) other.dispose();
    }
  }

  #disturbs(name: string): boolean {
    return this.#how.name === "fgm" ? WORDS.test(name) : /weight$/.test(name);
  }

  #moved(value: tf.Tensor, gradient: tf.Tensor, scale: number): tf.Tensor {
    const norm = tf.sqrt(tf.sum(tf.square(gradient)));
    if (this.#how.name === "fgm") {
      // Where there is no gradient there is no direction.
      const some = tf.where(tf.greater(norm, 0), norm, tf.scalar(1));
      return tf.add(value, tf.mul(gradient, tf.div(this.#how.epsilon ?? 1, some)));
    }
    const { learningRate = 1e-4, epsilon = 1e-2 } = this.#how;
    const far = tf.mul(learningRate, tf.add(tf.sqrt(tf.sum(tf.square(value))), 1e-6));
    const change = tf.mul(gradient, tf.div(far, tf.add(norm, 1e-6 * scale)));
    const most = tf.mul(tf.abs(value), epsilon);
    return tf.add(value, tf.maximum(tf.minimum(change, most), tf.neg(most)));
  }
}
