import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";

let stamps = 0;

/**
 * A named tensor that training may change. `requiresGrad = false` freezes it: no gradient of it is computed, no optimizer moves it.
 * The parameter owns its tensor; whoever reads `value` must not dispose it.
 */
export class Parameter {
  requiresGrad = true;
  #value: tf.Tensor | null;
  #stamp = ++stamps;

  /** Takes ownership of `value`. */
  constructor(
    readonly name: string,
    value: tf.Tensor,
  ) {
    this.#value = tf.keep(value);
  }

  get value(): tf.Tensor {
    if (!this.#value) throw new FrostError(`parameter ${this.name} was used after its model was disposed`);
    return this.#value;
  }

  get shape(): number[] {
    return this.value.shape;
  }

  get size(): number {
    return this.value.size;
  }

  /** A number that stands for the present content: equal stamps, equal values. */
  get stamp(): number {
    return this.#stamp;
  }

  /** Replaces the content; takes ownership of `value` and disposes the former tensor, unless it is the same one, changed. */
  assign(value: tf.Tensor): void {
    this.#replace(value, ++stamps);
  }

  /** The present content, to come back to with `restore`. Costs no memory until the parameter changes. */
  snapshot(): Snapshot {
    return new Snapshot(tf.keep(this.value.clone()), this.#stamp);
  }

  restore(snapshot: Snapshot): void {
    if (snapshot.stamp !== this.#stamp) this.#replace(snapshot.value.clone(), snapshot.stamp);
  }

  dispose(): void {
    this.#value?.dispose();
    this.#value = null;
  }

  #replace(value: tf.Tensor, stamp: number): void {
    if (!tf.util.arraysEqual(value.shape, this.shape))
      throw new FrostError(`parameter ${this.name}: expected shape [${this.shape}], got [${value.shape}]`);
    if (value !== this.value) this.value.dispose();
    this.#value = tf.keep(value);
    this.#stamp = stamp;
  }
}

/** A parameter's content at one moment. Whoever took it disposes it. */
export class Snapshot {
  constructor(
    readonly value: tf.Tensor,
    readonly stamp: number,
  ) {}

  dispose(): void {
    this.value.dispose();
  }
}
