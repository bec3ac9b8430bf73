import * as tf from "@tensorflow/tfjs-core";
import { batchRows } from "../data/batches";
import { rowsHash } from "../data/contentHash";
import { autocast, type Precision } from "../engine/autocast";
import { uploadFilled } from "../engine/upload";
import { DiskCache } from "../files/DiskCache";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { Pass } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { readOptions } from "../options/readOptions";
import { batchOf, countOf, type Dataset, lengthsOf } from "./dataset";
import {
  areWorthKeeping,
  type Features,
  keepFeatures,
  keyOfFeatures,
  type Making,
  readFeatures,
} from "./keptFeatures";
import { type Budget, RaggedStore } from "./RaggedStore";

/** How much is held in memory. */
export interface FeaturesOptions {
  /** Features beyond this are held in a temporary file. Default: 2 GiB (2147483648). */
  memoryBytes?: number;
}

export interface FrozenProgress {
  done: number;
  total: number;
  /** Whether work of an earlier run was read from disk: all of it, or what these rows start from. */
  cached?: true;
}

interface Entry extends Features {
  making: Making;
  /** What the parameters of the stages passed held then: features are used only while this is still so. */
  stamps: number[];
}

/**
 * What comes out of a model's frozen stages, once per row of a dataset and without padding. Since frozen stages run in eval mode
 * their output never changes; it is kept for later epochs and seeds, and one more frozen block starts from what is kept.
 *
 * The features live in memory up to `memoryBytes`, beyond it in a temporary file. Owns them until `dispose()`. They are left on disk
 * for later runs as well (`DiskCache`), which find them while weights, rows, precision, batch size, engine and kit are the same.
 *
 * @example
 * ```ts
 * const features = new FrozenFeatures(model, { memoryBytes: 2 ** 30 });
 * topNLayerFreeze(model, 4);
 * await fineTune(model, { train, valid }, { features, seed: 0 });
 * await fineTune(model, { train, valid }, { features, seed: 1 }); // the frozen pass is not repeated
 * features.dispose();
 * ```
 */
export class FrozenFeatures {
  /** By what a model reads of the rows, as it is when they are prepared: copies and folds of a dataset have entries of their own. */
  #entries = new Map<string, Entry>();
  #keys = new WeakMap<Dataset, string>();
  #budget: Budget;
  #cache = new DiskCache("features");

  constructor(
    /** Whose frozen stages they come from. */
    readonly model: Classifier,
    options: FeaturesOptions = {},
  ) {
    this.#budget = { bytes: readOptions("FrozenFeatures", options).memoryBytes };
  }

  /**
   * Makes the features of `dataset` after the first `depth` stages ready, from what is kept as far as it still holds: the numbers
   * are those of a fresh start, whatever was kept. Yields rows done between batches, all at once where they were read from disk,
   * and nothing where all was ready. In half precision they are kept in it as well. `unchanged` says that the rows are those of the
   * last call: to tell takes a look at all of them.
   */
  async *prepare(
    dataset: Dataset,
    depth: number,
    batchSize: number,
    precision: Precision = "fp32",
    unchanged = false,
  ): AsyncGenerator<FrozenProgress, void> {
    const how = { depth, batchSize, precision };
    if (!unchanged || !this.#keys.has(dataset)) this.#keys.set(dataset, rowsHash(dataset));
    let from = this.#stillGood(dataset, how);
    if (from?.making.depth === depth) return;
    const total = countOf(dataset);
    const cached = await this.#read(dataset, how, from);
    if (cached) {
      this.#replace(dataset, cached);
      from = cached;
    }
    if (from?.making.depth === depth) {
      yield { done: total, total, cached: true };
      return;
    }
    const entry = this.#entry({ ...how, rounded: rounded(how, from) });
    let done = 0;
    let whole = false;
    try {
      for (const rows of batchRows(lengthsOf(dataset), { batchSize })) {
        await this.#run(dataset, rows, from, entry);
        done += rows.length;
        yield { done, total, ...(cached && { cached: true }) };
      }
      whole = true;
    } finally {
      if (!whole) entry.store.dispose();
    }
    this.#replace(dataset, entry);
    if (this.#lasts(dataset, depth))
      await keepFeatures(
        this.#cache,
        await keyOfFeatures(this.model, this.#keys.get(dataset)!, entry.making),
        entry,
        total,
      );
  }

  /**
   * The features of some rows, padded: [rows · seq, hidden], or [rows, hidden] behind a last block of which one row a text is read;
   * of images [rows, height, width, channels].
   * The caller disposes them.
   */
  batch(dataset: Dataset, rows: ArrayLike<number>, sequenceLength: number): tf.Tensor {
    const { shape, everyRow, store } = this.#entries.get(this.#keys.get(dataset)!)!;
    const width = tf.util.sizeFromShape(shape);
    const perRow = everyRow ? sequenceLength : 1;
    return uploadFilled([rows.length * perRow, ...shape], (values) => {
      for (let r = 0; r < rows.length; r++) store.read(rows[r], values, r * perRow * width);
    });
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

  /** Frees the features and removes the temporary file. */
  dispose(): void {
    for (const { store } of this.#entries.values()) store.dispose();
    this.#entries.clear();
  }

  async #run(dataset: Dataset, rows: Int32Array, from: Entry | null, entry: Entry): Promise<void> {
    const batch = batchOf(dataset, rows);
    const { tensor: output } = autocast(entry.making.precision, () =>
      runStages(new Pass(), this.model.stages, batch.inputs, {
        ...(from && {
          from: from.making.depth,
          features: () => this.batch(dataset, rows, batch.sequenceLength),
        }),
        to: entry.making.depth,
      }),
    );
    const values = (await output.data()) as Float32Array;
    output.dispose();
    entry.shape = output.shape.slice(1);
    const width = tf.util.sizeFromShape(entry.shape);
    const perRow = output.shape[0] / rows.length;
    entry.everyRow ||= perRow > 1;
    const lengths = Array.from(rows, (_, r) => Math.min(perRow, batch.lengths[r]) * width);
    // Without much padding the array that was read is stored itself: copies are garbage to be collected.
    const own = lengths.reduce((sum, length) => sum + length, 0) > 0.9 * values.length;
    rows.forEach((row, r) => {
      const start = r * perRow * width;
      entry.store.put(row, values.subarray(start, start + lengths[r]), { own });
    });
  }

  #stamps(depth: number): number[] {
    const seen = new Set<Parameter>();
    for (const { parameters, buffers = [] } of this.model.stages.slice(0, depth))
      for (const read of [...parameters, ...buffers]) seen.add(read);
    return [...seen].map((parameter) => parameter.stamp);
  }

  #entry(making: Making): Entry {
    const store = new RaggedStore(this.#budget, {
      half: making.precision === "fp32" ? null : making.precision,
    });
    return { making, stamps: this.#stamps(making.depth), shape: [], everyRow: false, store };
  }

  /** What memory holds, if it can serve; what cannot is dropped. */
  #stillGood(dataset: Dataset, { depth, batchSize, precision }: How): Entry | null {
    const key = this.#keys.get(dataset)!;
    const kept = this.#entries.get(key);
    if (!kept) return null;
    const stamps = this.#stamps(depth);
    if (
      kept.making.precision === precision &&
      kept.making.batchSize === batchSize &&
      kept.making.depth <= depth &&
      kept.stamps.every((stamp, i) => stamp === stamps[i])
    )
      return kept;
    kept.store.dispose();
    this.#entries.delete(key);
    return null;
  }

  #lasts(dataset: Dataset, depth: number): boolean {
    return this.#cache.on && areWorthKeeping(dataset, depth);
  }

  /** The deepest that an earlier run has left on disk and that leads further than memory does. */
  async #read(dataset: Dataset, how: How, from: Entry | null): Promise<Entry | null> {
    // What was rounded on the way is good only where the same way would be gone now.
    const shallowest = how.precision === "fp32" ? (from?.making.depth ?? 0) + 1 : how.depth;
    for (let depth = how.depth; depth >= shallowest && this.#lasts(dataset, depth); depth--) {
      const entry = this.#entry({ ...how, depth, rounded: rounded({ ...how, depth }, from) });
      const key = await keyOfFeatures(this.model, this.#keys.get(dataset)!, entry.making);
      const features = await readFeatures(this.#cache, key, dataset, entry.store);
      if (features) return { ...entry, ...features };
    }
    return null;
  }

  #replace(dataset: Dataset, entry: Entry): void {
    const key = this.#keys.get(dataset)!;
    this.#entries.get(key)?.store.dispose();
    this.#entries.set(key, entry);
  }
}

type How = Omit<Making, "rounded">;

const rounded = ({ precision, depth }: How, from: Entry | null): number[] =>
  precision === "fp32" ? [] : [...(from?.making.rounded ?? []), depth];
