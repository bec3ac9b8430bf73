import * as tf from "@tensorflow/tfjs-core";
import { batchRows } from "../data/batches";
import { autocast, type Precision } from "../engine/autocast";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { Pass, type Value } from "../nn/Pass";
import { batchOf, countOf, type Dataset, lengthsOf } from "./dataset";
import { type Budget, RaggedStore } from "./RaggedStore";

export interface FrozenProgress {
  done: number;
  total: number;
}

interface Entry {
  /** How many stages the features have passed. */
  depth: number;
  precision: Precision;
  /** What their parameters held then: features are used only while this is still so. */
  stamps: number[];
  /** Of one row of features: [hidden], or [height, width, channels]. */
  shape: number[];
  /** Whether a text has a row for each of its tokens; behind the last block there may be one alone, that of the [CLS] token. */
  everyRow: boolean;
  store: RaggedStore;
}

/**
 * What comes out of a model's frozen stages, once per row of a dataset and without padding. Since frozen stages run in eval mode
 * their output never changes; it is kept for later epochs and seeds, and one more frozen block starts from what is kept.
 *
 * The features live in memory up to `memoryBytes`, beyond it in a temporary file. Owns them until `dispose()`.
 */
export class FrozenFeatures {
  #entries = new Map<string, Entry>();
  #budget: Budget;

  constructor(
    private readonly model: Classifier,
    { memoryBytes = 2 ** 31 }: { memoryBytes?: number } = {},
  ) {
    this.#budget = { bytes: memoryBytes };
  }

  /**
   * Makes the features of `dataset` after the first `depth` stages ready, from what is kept as far as it still holds. Yields
   * rows done between batches, and nothing where all was ready. In half precision they are kept in it as well.
   */
  async *prepare(
    dataset: Dataset,
    depth: number,
    batchSize: number,
    precision: Precision = "fp32",
  ): AsyncGenerator<FrozenProgress, void> {
    const stamps = this.#stamps(depth);
    const kept = this.#entries.get(dataset.hash);
    const holds =
      kept?.precision === precision &&
      kept.depth <= depth &&
      kept.stamps.every((stamp, i) => stamp === stamps[i]);
    if (holds && kept.depth === depth) return;
    if (kept && !holds) this.#drop(dataset);
    const from = holds ? kept : null;
    const store = new RaggedStore(this.#budget, { half: precision === "fp32" ? null : precision });
    const entry: Entry = { depth, stamps, precision, shape: [], everyRow: false, store };
    const total = countOf(dataset);
    let done = 0;
    try {
      for (const rows of batchRows(lengthsOf(dataset), { batchSize })) {
        await this.#run(dataset, rows, from, entry);
        done += rows.length;
        yield { done, total };
      }
    } finally {
      if (done < total) entry.store.dispose();
    }
    from?.store.dispose();
    this.#entries.set(dataset.hash, entry);
  }

  /**
   * The features of some rows, padded: [rows · seq, hidden], or [rows, hidden] behind a last block of which one row a text is read;
   * of images [rows, height, width, channels].
   * The caller disposes them.
   */
  batch(dataset: Dataset, rows: ArrayLike<number>, sequenceLength: number): tf.Tensor {
    const { shape, everyRow, store } = this.#entries.get(dataset.hash)!;
    const width = tf.util.sizeFromShape(shape);
    const perRow = everyRow ? sequenceLength : 1;
    const values = new Float32Array(rows.length * perRow * width);
    for (let r = 0; r < rows.length; r++) store.read(rows[r], values, r * perRow * width);
    return tf.tensor(values, [rows.length * perRow, ...shape]);
  }

  /** Bytes kept, in memory and on disk. */
  bytes(): { memory: number; disk: number } {
    let [memory, disk] = [0, 0];
    for (const { store } of this.#entries.values()) {
      memory += store.bytes.memory;
      disk += store.bytes.disk;
    }
    return { memory, disk };
  }

  dispose(): void {
    for (const { store } of this.#entries.values()) store.dispose();
    this.#entries.clear();
  }

  async #run(dataset: Dataset, rows: Int32Array, from: Entry | null, entry: Entry): Promise<void> {
    const batch = batchOf(dataset, rows);
    const pass = new Pass();
    try {
      const output = autocast(entry.precision, () =>
        tf.tidy(() => {
          let x: Value | null = from && pass.input(this.batch(dataset, rows, batch.sequenceLength));
          for (const stage of this.model.stages.slice(from?.depth ?? 0, entry.depth))
            x = pass.scope(stage.name, () => stage.forward(pass, batch.inputs, x));
          return x!.tensor;
        }),
      );
      const values = (await output.data()) as Float32Array;
      output.dispose();
      entry.shape = output.shape.slice(1);
      const width = tf.util.sizeFromShape(entry.shape);
      const perRow = output.shape[0] / rows.length;
      entry.everyRow ||= perRow > 1;
      rows.forEach((row, r) => {
        const start = r * perRow * width;
        const length = Math.min(perRow, batch.lengths[r]) * width;
        entry.store.put(row, values.subarray(start, start + length));
      });
    } finally {
      batch.dispose();
    }
  }

  #stamps(depth: number): number[] {
    const seen = new Set<Parameter>();
    for (const { parameters, buffers = [] } of this.model.stages.slice(0, depth))
      for (const read of [...parameters, ...buffers]) seen.add(read);
    return [...seen].map((parameter) => parameter.stamp);
  }

  #drop(dataset: Dataset): void {
    this.#entries.get(dataset.hash)?.store.dispose();
    this.#entries.delete(dataset.hash);
  }
}
