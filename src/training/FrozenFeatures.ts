import { isDeepStrictEqual } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { batchRows } from "../data/batches";
import type { Dataset, Rows } from "../data/Rows";
import { rowsOf } from "../data/rowsOf";
import { autocast, type Precision } from "../engine/autocast";
import { uploadFilled } from "../engine/upload";
import { InputError } from "../errors";
import { DiskCache } from "../files/DiskCache";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { Pass } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import type { StepArray } from "../nn/StepArrays";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import {
  areWorthCaching,
  cacheFeatures,
  type FeaturePass,
  type Features,
  keyOfFeatures,
  readFeatures,
} from "./cachedFeatures";
import { HeadProbe } from "./HeadProbe";
import { type Budget, RaggedStore } from "./RaggedStore";

/** How much is held in memory. */
export interface FeaturesOptions {
  /** Features beyond this are held in a temporary file. Default: 2 GiB (2147483648). */
  memoryBytes?: number;
  /**
   * Keeps the features of every depth that was asked for, so that depths may be trained in any order: more memory, and no pass is
   * repeated. Default: false: those of the last one.
   */
  allDepths?: boolean;
}

export interface FrozenProgress {
  done: number;
  total: number;
  /** Whether features of an earlier run were read from disk: these, or those of earlier stages that they start from. */
  cached?: true;
}

interface Entry extends Features {
  pass: FeaturePass;
  /** What the parameters of these stages held then: features are used only while they hold the same. */
  stamps: number[];
}

/**
 * The output of a model's frozen stages, once per row of a dataset and without padding. Since frozen stages run in eval mode their
 * output never changes; it is cached for later epochs and seeds, and one more frozen block starts from the cached output.
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
  /**
   * By the hash of the rows as they are when they are prepared: copies and folds of a dataset have entries of their own. The last one
   * of a list is that which was prepared last.
   */
  #entries = new Map<string, Entry[]>();
  #keys = new WeakMap<Dataset, string>();
  #budget: Budget;
  #allDepths: boolean;
  #cache = new DiskCache("features");
  /**
   * What a head starts from with `headInit: "probe"`, for all runs that share these features.
   *
   * @internal
   */
  readonly headProbe: HeadProbe;

  constructor(
    /** Whose frozen stages they come from. */
    readonly model: Classifier,
    options: FeaturesOptions = {},
  ) {
    const { memoryBytes, allDepths } = readOptions("FrozenFeatures", options);
    this.#budget = { bytes: memoryBytes };
    this.#allDepths = allDepths;
    checkArguments("FrozenFeatures", { model });
    this.headProbe = new HeadProbe(model, this.#budget);
  }

  /**
   * Makes the features of `dataset` after the first `stages` stages ready, from cached ones as far as these still hold: the numbers
   * are those of a fresh start, whatever was cached. Yields rows done between batches, all at once where they were read from disk,
   * and nothing where all was ready. In half precision they are cached in it as well. `unchanged` says that the rows are those of
   * the last call, which spares hashing them.
   */
  async *prepare(
    dataset: Dataset,
    stages: number,
    batchSize: number,
    precision: Precision = "fp32",
    unchanged = false,
  ): AsyncGenerator<FrozenProgress, void> {
    checkArguments("features.prepare", { dataset, stages, batchSize, precision });
    const how = { stages, batchSize, precision };
    const rows = rowsOf(dataset);
    if (!unchanged || !this.#keys.has(dataset)) this.#keys.set(dataset, rows.hash());
    let from = this.#stillGood(dataset, how);
    if (from?.pass.stages === stages) {
      this.#hold(dataset, from);
      return;
    }
    const total = rows.count;
    const cached = await this.#read(rows, how, from);
    if (cached) {
      this.#hold(dataset, cached);
      from = cached;
    }
    if (from?.pass.stages === stages) {
      yield { done: total, total, cached: true };
      return;
    }
    const entry = this.#entry({ ...how, rounded: rounded(how, from) });
    let done = 0;
    let whole = false;
    try {
      for (const batch of batchRows(rows.lengths, { batchSize })) {
        await this.#run(rows, batch, from, entry);
        done += batch.length;
        yield { done, total, ...(cached && { cached: true }) };
      }
      whole = true;
    } finally {
      if (!whole) entry.store.dispose();
    }
    this.#hold(dataset, entry);
    if (this.#lasts(rows, stages))
      await cacheFeatures(
        this.#cache,
        await keyOfFeatures(this.model, this.#keys.get(dataset)!, entry.pass),
        entry,
        total,
      );
  }

  /**
   * The features of some rows, padded: [rows · seq, hidden], or [rows, hidden] after a last block that computes one row of each
   * text; of images [rows, height, width, channels]. The caller disposes them.
   */
  batch(dataset: Dataset, rows: ArrayLike<number>, sequenceLength: number): tf.Tensor {
    checkArguments("features.batch", { dataset, rows, sequenceLength });
    const { shape, fill } = batchOf(this.#ready(dataset), rows, sequenceLength);
    return uploadFilled(shape, fill);
  }

  /**
   * The same outside the engine.
   *
   * @internal
   */
  array(dataset: Dataset, rows: ArrayLike<number>, sequenceLength: number): StepArray {
    const { shape, fill } = batchOf(this.#ready(dataset), rows, sequenceLength);
    const numbers = () => {
      const values = new Float32Array(tf.util.sizeFromShape(shape));
      fill(values);
      return values;
    };
    return { shape, dtype: "float32", numbers };
  }

  #ready(dataset: Dataset): Entry {
    const entry = this.#entries.get(this.#keys.get(dataset)!)?.at(-1);
    if (!entry)
      throw new InputError("features.batch: dataset: expected one that prepare has made ready, got another");
    return entry;
  }

  /** Bytes of all features, in memory and on disk. */
  bytes(): { memory: number; disk: number } {
    let { memory, disk } = this.headProbe.bytes;
    for (const { store } of [...this.#entries.values()].flat()) {
      memory += store.bytes.memory;
      disk += store.bytes.disk;
    }
    return { memory, disk };
  }

  /** Frees the features and removes the temporary file. */
  dispose(): void {
    for (const { store } of [...this.#entries.values()].flat()) store.dispose();
    this.#entries.clear();
    this.headProbe.dispose();
  }

  async #run(rows: Rows, numbers: Int32Array, from: Entry | null, entry: Entry): Promise<void> {
    const batch = rows.batch(numbers);
    const { tensor: output } = autocast(entry.pass.precision, () =>
      runStages(new Pass(), this.model.stages, this.model.inputsOf(batch), {
        ...(from && {
          from: from.pass.stages,
          features: () => {
            const { shape, fill } = batchOf(from, numbers, batch.sequenceLength);
            return uploadFilled(shape, fill);
          },
        }),
        to: entry.pass.stages,
      }),
    );
    const values = (await output.data()) as Float32Array;
    output.dispose();
    entry.shape = output.shape.slice(1);
    const width = tf.util.sizeFromShape(entry.shape);
    const perRow = output.shape[0] / numbers.length;
    entry.everyRow ||= perRow > 1;
    const lengths = Array.from(batch.lengths, (length) => Math.min(perRow, length) * width);
    // Without much padding the array that was read is stored itself: copies are garbage to be collected.
    const own = lengths.reduce((sum, length) => sum + length, 0) > 0.9 * values.length;
    numbers.forEach((row, r) => {
      const start = r * perRow * width;
      entry.store.put(row, values.subarray(start, start + lengths[r]), { own });
    });
  }

  /** Of all that these stages read, adapters that were put on them since among it. */
  #stamps(stages: number): number[] {
    const seen = new Set<Parameter>();
    for (const { parameters, buffers = [] } of this.model.stages.slice(0, stages))
      for (const read of [...parameters, ...buffers]) seen.add(read);
    return [...seen].map((parameter) => parameter.stamp);
  }

  #entry(pass: FeaturePass): Entry {
    const store = new RaggedStore(this.#budget, { half: pass.precision === "fp32" ? null : pass.precision });
    return { pass, stamps: this.#stamps(pass.stages), shape: [], everyRow: false, store };
  }

  /** The deepest entry in memory that computing can go on from; those that no longer hold are dropped. */
  #stillGood(dataset: Dataset, how: How): Entry | null {
    const key = this.#keys.get(dataset)!;
    const entries = this.#entries.get(key) ?? [];
    const isGood = ({ pass, stamps: held }: Entry) =>
      pass.precision === how.precision &&
      pass.batchSize === how.batchSize &&
      pass.stages <= how.stages &&
      isDeepStrictEqual(held, this.#stamps(pass.stages));
    // What lies deeper is looked at when it is asked for: until then a trial may be moving its weights.
    const kept = entries.filter(
      (entry) => isGood(entry) || (this.#allDepths && entry.pass.stages > how.stages),
    );
    for (const entry of entries) if (!kept.includes(entry)) entry.store.dispose();
    this.#entries.set(key, kept);
    return kept
      .filter(isGood)
      .reduce<Entry | null>(
        (deepest, entry) => (entry.pass.stages > (deepest?.pass.stages ?? 0) ? entry : deepest),
        null,
      );
  }

  #lasts(rows: Rows, stages: number): boolean {
    return this.#cache.on && areWorthCaching(rows, stages);
  }

  /** Features of as many stages as an earlier run has left on disk, where these are more than those of the entry in memory. */
  async #read(rows: Rows, how: How, from: Entry | null): Promise<Entry | null> {
    // Features that were rounded after earlier stages serve only a pass that would round them there as well.
    const least = how.precision === "fp32" ? (from?.pass.stages ?? 0) + 1 : how.stages;
    for (let stages = how.stages; stages >= least && this.#lasts(rows, stages); stages--) {
      const entry = this.#entry({ ...how, stages, rounded: rounded({ ...how, stages }, from) });
      const key = await keyOfFeatures(this.model, this.#keys.get(rows.dataset)!, entry.pass);
      const features = await readFeatures(this.#cache, key, rows, entry.store);
      if (features) return { ...entry, ...features };
    }
    return null;
  }

  /** Makes an entry the one that batches are taken from; the others go, unless those of all depths are kept. */
  #hold(dataset: Dataset, entry: Entry): void {
    const key = this.#keys.get(dataset)!;
    const others = (this.#entries.get(key) ?? []).filter((each) => each !== entry);
    if (!this.#allDepths) for (const { store } of others.splice(0)) store.dispose();
    this.#entries.set(key, [...others, entry]);
  }
}

function batchOf(
  { shape, everyRow, store }: Entry,
  rows: ArrayLike<number>,
  sequenceLength: number,
): { shape: number[]; fill: (values: Float32Array) => void } {
  const width = tf.util.sizeFromShape(shape);
  const perRow = everyRow ? sequenceLength : 1;
  return {
    shape: [rows.length * perRow, ...shape],
    fill(values) {
      for (let r = 0; r < rows.length; r++) store.read(rows[r], values, r * perRow * width);
    },
  };
}

type How = Omit<FeaturePass, "rounded">;

const rounded = ({ precision, stages }: How, from: Entry | null): number[] =>
  precision === "fp32" ? [] : [...(from?.pass.rounded ?? []), stages];
