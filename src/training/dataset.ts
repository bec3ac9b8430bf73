import { collate } from "../data/collate";
import type { EncodedImages } from "../data/EncodedImages";
import type { EncodedDataset } from "../data/tokenize";
import { imageInputs } from "../models/imageInputs";
import { textInputs } from "../models/textInputs";
import type { StageInputs } from "../nn/Stage";

/** Rows to train on or to predict: texts or images. */
export type Dataset = EncodedDataset | EncodedImages;

export const countOf = (dataset: Dataset): number =>
  "pixels" in dataset ? dataset.pixels.length : dataset.inputIds.length;

/** Tokens of each row; an image counts as one, since all are of one size. */
export const lengthsOf = (dataset: Dataset): Int32Array =>
  "pixels" in dataset
    ? new Int32Array(dataset.pixels.length).fill(1)
    : Int32Array.from(dataset.inputIds, (ids) => ids.length);

/** The tokens of the longest row. */
export const longest = (dataset: Dataset): number => lengthsOf(dataset).reduce((a, b) => Math.max(a, b));

/** Some rows as tensors for the model's first stage. */
export interface BatchOfRows {
  /** The model's own kind of inputs: `checkRows` has seen to it that rows and model fit. The caller disposes them. */
  inputs: StageInputs;
  /** What each row's length in `lengthsOf` is padded to. */
  sequenceLength: number;
  lengths: Int32Array;
}

export function batchOf(dataset: Dataset, rows: Int32Array): BatchOfRows {
  if ("pixels" in dataset) {
    return {
      inputs: imageInputs({ ...dataset, pixels: Array.from(rows, (row) => dataset.pixels[row]) }),
      sequenceLength: 1,
      lengths: new Int32Array(rows.length).fill(1),
    };
  }
  const { sequenceLength, lengths, ...batch } = collate(dataset, rows);
  return { inputs: textInputs({ ...batch, sequenceLength }, { everyRow: false }), sequenceLength, lengths };
}
