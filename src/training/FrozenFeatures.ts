import * as tf from "@tensorflow/tfjs-core";
import { batchRows } from "../data/batches";
import { collate } from "../data/collate";
import type { EncodedDataset } from "../data/tokenize";
import { autocast, type Precision } from "../engine/autocast";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { textInputs } from "../models/textInputs";
import type { Parameter } from "../nn/Parameter";
import { Pass, type Value } from "../nn/Pass";
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
  width: number;
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
    private readonly model: SequenceClassifier,
    { memoryBytes = 2 ** 31 }: { memoryBytes?: number } = {},
  ) {
    this.#budget = { bytes: memoryBytes };
  }

  /**
   * Makes the features of `dataset` after the first `depth` stages ready, from what is kept as far as it still holds. Yields
   * rows done between batches, and nothing where all was ready. In half precision they are kept in it as well.
   */
  async *prepare(
    dataset: EncodedDataset,
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
    const store = new RaggedStore(this.#budget, { bfloat16: precision === "bf16" });
    const entry: Entry = { depth, stamps, precision, width: 0, everyRow: false, store };
    const total = dataset.inputIds.length;
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
   * The features of some rows, padded: [rows · seq, hidden], or [rows, hidden] behind a last block of which one row a text is read.
   * The caller disposes them.
   */
  batch(dataset: EncodedDataset, rows: ArrayLike<number>, sequenceLength: number): tf.Tensor2D {
    const { width, everyRow, store } = this.#entries.get(dataset.hash)!;
    const perRow = everyRow ? sequenceLength : 1;
    const values = new Float32Array(rows.length * perRow * width);
    for (let r = 0; r < rows.length; r++) store.read(rows[r], values, r * perRow * width);
    return tf.tensor2d(values, [rows.length * perRow, width]);
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

  async #run(dataset: EncodedDataset, rows: Int32Array, from: Entry | null, entry: Entry): Promise<void> {
    const batch = collate(dataset, rows);
    const inputs = textInputs(batch, { everyRow: false });
    const pass = new Pass();
    try {
      const output = autocast(entry.precision, () =>
        tf.tidy(() => {
          let x: Value | null = from && pass.input(this.batch(dataset, rows, batch.sequenceLength));
          for (const stage of this.model.stages.slice(from?.depth ?? 0, entry.depth))
            x = pass.scope(stage.name, () => stage.forward(pass, inputs, x));
          return x!.tensor;
        }),
      );
      const values = (await output.data()) as Float32Array;
      output.dispose();
      entry.width = output.shape[1]!;
      const perRow = output.shape[0] / rows.length;
      entry.everyRow ||= perRow > 1;
      rows.forEach((row, r) => {
        const start = r * perRow * entry.width;
        const length = Math.min(perRow, batch.lengths[r]) * entry.width;
        entry.store.put(row, values.subarray(start, start + length));
      });
    } finally {
      inputs.dispose();
    }
  }

  #stamps(depth: number): number[] {
    const seen = new Set<Parameter>();
    for (const stage of this.model.stages.slice(0, depth)) for (const p of stage.parameters) seen.add(p);
    return [...seen].map((parameter) => parameter.stamp);
  }

  #drop(dataset: EncodedDataset): void {
    this.#entries.get(dataset.hash)?.store.dispose();
    this.#entries.delete(dataset.hash);
  }
}

export const lengthsOf = (dataset: EncodedDataset): Int32Array =>
  Int32Array.from(dataset.inputIds, (ids) => ids.length);

/** The tokens of the longest row. */
export const longest = (dataset: EncodedDataset): number =>
  lengthsOf(dataset).reduce((a, b) => Math.max(a, b));
