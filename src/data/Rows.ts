import { createHash, type Hash } from "node:crypto";
import type { TrainedOn } from "../options/TrainedOn";
import type { EncodedImages } from "./EncodedImages";
import type { Labels } from "./labels";
import type { EncodedTokens } from "./TokenWindows";
import type { EncodedDataset } from "./tokenize";

/** Rows to train on or to predict: texts, windows of texts whose words are told, or images. */
export type Dataset = EncodedDataset | EncodedTokens | EncodedImages;

/** Rows that are known to have labels. */
export type LabelledRows = Rows & { readonly labels: Labels };

/** Some rows side by side, as plain data; the rest of it is what the model's `inputsOf` reads. */
export interface RowsBatch {
  /** What each row's length in `lengths` is padded to. */
  sequenceLength: number;
  /** Of each row, in tokens. */
  lengths: Int32Array;
}

/**
 * What training and prediction ask of a dataset, be it of texts or of images. `rowsOf` makes one of plain data and it keeps none of
 * its own: whatever is changed in the dataset by hand shows.
 */
export abstract class Rows<Data extends Dataset = Dataset> {
  constructor(readonly dataset: Data) {}

  abstract readonly kind: "texts" | "images";

  /** The token ids, or bytes of pixels, of each row. */
  abstract readonly inputs: readonly ArrayLike<number>[];

  /** Tokens of each row; an image counts as one, since all are of one size. */
  abstract readonly lengths: Int32Array;

  /** Whether each epoch sees other rows, so that nothing that is computed of them can be cached. */
  get varies(): boolean {
    return this.views !== null;
  }

  /** Which columns they came from; null where that is not known. */
  get readAs(): TrainedOn | null {
    return null;
  }

  /** Throws an InputError where fields that were cut or written by hand do not fit together. */
  abstract check(name: string): void;

  /**
   * Throws an InputError where they were read in another way than those that a model was trained on, as far as that changes what it
   * reads.
   */
  checkReading(_name: string, _trainedOn: TrainedOn | null): void {}

  /** SHA-256 over what a model reads of them, which their labels are not part of. */
  abstract hash(): string;

  /** The rows of these numbers, in this order, with the hash of what they hold. */
  abstract take(rows: number[], labels: Labels | null): Dataset;

  /** Some rows side by side, padded to one length. */
  abstract batch(rows: Int32Array): RowsBatch;

  /** What they are, for a message: "texts of up to 20 tokens". */
  abstract toString(): string;

  /** What a sweep's records say of them. */
  abstract facts(): Record<string, unknown>;

  get labels(): Labels | null {
    return this.dataset.labels;
  }

  /** Whether labels are of words, told by tokens of the rows, and not of the rows. */
  get perToken(): boolean {
    return false;
  }

  /** How many there are of what is labelled and predicted: rows, or words in them. */
  get outputs(): number {
    return this.count;
  }

  /** What each row of the logits of a batch is of: the number of that row, or word; -1 for a token that tells nothing. */
  targets(rows: Int32Array): Int32Array {
    return rows;
  }

  /** The row that such a row or word is in. */
  rowOf(target: number): number {
    return target;
  }

  /** How many rows there are. */
  get count(): number {
    return this.inputs.length;
  }

  /** Tokens, or bytes of pixels, of all rows. */
  get size(): number {
    return this.inputs.reduce((sum, row) => sum + row.length, 0);
  }

  /** Tokens of the longest row. */
  get longest(): number {
    return this.lengths.reduce((a, b) => Math.max(a, b), 0);
  }

  /**
   * What the steps of an epoch train on, `of(rows, next)` for the batches of one step and those of the next: these rows themselves or,
   * where they vary, random views of the step's rows at their row numbers and nothing of the others. The next step's are made meanwhile.
   */
  epoch(_draw: { seed: number; epoch: number }): (rows: Int32Array[], next: Int32Array[]) => Promise<Rows> {
    return async () => this;
  }

  /**
   * SHA-256 over all that a training reads of them: inputs, labels, and how their random views are drawn. Computed from what is there
   * now, so that rows that were cut, reordered or labelled otherwise by hand are told from those they came from.
   */
  contentHash(): string {
    const hash = createHash("sha256").update(this.hash());
    const { labels } = this;
    if (labels) {
      hash.update(JSON.stringify([labels.problemType, labels.classes ?? null]));
      const single = labels.problemType === "single_label_classification";
      update(hash, single ? labels.ids : labels.values);
      const { weights } = labels;
      if (single && labels.sequences) update(hash.update("sequences"), labels.sequences);
      if (single && labels.soft) update(hash.update("soft"), labels.soft);
      if (weights) update(hash.update("weights"), weights);
    }
    if (this.varies) hash.update(JSON.stringify(this.views));
    return hash.digest("hex");
  }

  /** The dataset with the hash of what it holds. */
  hashed(): Data {
    return { ...this.dataset, hash: this.contentHash() };
  }

  /** How random views are drawn; null where there are none. */
  protected get views(): unknown {
    return null;
  }
}

/** Adds values to a hash; rows made by hand may hold plain arrays. */
export function update(hash: Hash, values: Int32Array | Float32Array | number[]): void {
  hash.update(Array.isArray(values) ? Float64Array.from(values) : values);
}
