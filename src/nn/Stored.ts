import type * as tf from "@tensorflow/tfjs-core";

/** A parameter's content where it is kept, such as a file, as float32: nothing of it is in memory. Whoever holds one disposes it. */
export interface Stored {
  readonly shape: number[];
  /** All of it, as a new tensor. */
  read(): tf.Tensor;
  /** Whether `rows` gets by without all of it. */
  readonly byRows: boolean;
  /** Some rows of a table [entries, width] as a new tensor [ids, width]. */
  rows(ids: tf.Tensor1D): tf.Tensor;
  /** All of it in row-major order, outside the engine. */
  data(): Float32Array;
  /** The same piece by piece; each is good until the next one is asked for. */
  pieces(): Iterable<Float32Array>;
  /** The same content once more, to be disposed by itself. */
  clone(): Stored;
  dispose(): void;
}
