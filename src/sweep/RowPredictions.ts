import type { Labels } from "../data/labels";

/** What a trial's weights say of each validation row, and what is true of it. */
export interface RowPredictions {
  /** `[rows · labels]`: the probability of each class or label, or the predicted value in a regression. */
  outputs: Float32Array;
  /** Of the same rows, in the same order. */
  labels: Labels;
  /** SHA-256 over what the model reads of the rows, their order and their labels: equal rows, equal hash. */
  rows: string;
  /** What people read in each row, where that is known and is to be kept: a text, or the path of an image. */
  texts?: string[];
}
