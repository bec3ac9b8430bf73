import type * as tf from "@tensorflow/tfjs-core";

/** A parameter's content where it is kept, such as a file, as float32: nothing of it is in memory. Whoever holds one disposes it. */
export interface Stored {
  readonly shape: number[];
  /** All of it, as a new tensor. */
  read(): tf.Tensor;
  /** Some rows of a table [entries, width] as a new tensor [ids, width]; null where all of it has to be read to find them. */
  rows(ids: tf.Tensor1D): tf.Tensor | null;
  /** All of it in row-major order, outside the engine. */
  data(): Float32Array;
  /** The same piece by piece; each is good until the next one is asked for. */
  pieces(): Iterable<Float32Array>;
  /** The same content once more, to be disposed by itself. */
  clone(): Stored;
  dispose(): void;
}
