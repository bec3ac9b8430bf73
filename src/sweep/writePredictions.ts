import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsWriter, type WrittenTensor } from "../checkpoint/safetensorsWriter";
import type { Labels } from "../data/labels";
import { labelRows, labelWidth } from "../data/labelWidth";
import { makeFolders } from "../files/makeFolders";
import { syncFolder } from "../files/replaceFolder";
import { withUnfinished } from "../files/unfinished";
import { PREDICTIONS, predictionsName } from "./predictionsName";
import type { RowPredictions } from "./RowPredictions";
import { RowTextsFile } from "./RowTextsFile";

/** What the file says of itself, with the number of its format behind it. */
export const KIND = "frostkit predictions ";
/** Raised when it is written otherwise. */
export const FORMAT = 1;

/**
 * Writes what a trial's validation rows got beside the sweep's records: a safetensors file with `outputs` [rows, labels], `labels` and, of
 * words of texts, `sequences`, how many there are of each text, which appears whole, synced to the disk, or not at all; and once for all trials what people read where the model read these rows. Gives
 * the trial's file's name in the sweep's folder, for the record.
 */
export function writePredictions(folder: string, trial: string, predictions: RowPredictions): string {
  const { outputs, labels, rows, texts } = predictions;
  const place = join(folder, PREDICTIONS);
  const isNew = makeFolders(place) !== undefined;
  const stem = join(place, ".unfinished");
  const truth = truthOf(labels);
  const count = truth.shape[0];
  const sequences = sequencesOf(labels);
  const tensors = [{ name: "outputs", shape: [count, outputs.length / count] }, truth, ...sequences];
  const { problemType, classes } = labels;
  const metadata = {
    format: `${KIND}${FORMAT}`,
    trial,
    rows,
    problemType,
    ...(classes && { classes: JSON.stringify(classes) }),
  };
  let name = "";
  withUnfinished(stem, ".tmp", (unfinished) => {
    const writer = new SafetensorsWriter(place, tensors, "F32", metadata, unfinished);
    try {
      writer.write(outputs);
      writer.write(truth.values);
      for (const { values } of sequences) writer.write(values);
    } finally {
      writer.finish();
    }
    name = predictionsName(trial, readFileSync(unfinished));
    renameSync(unfinished, join(folder, name));
  });
  if (texts) new RowTextsFile(folder, rows).write(texts);
  syncFolder(place);
  if (isNew) syncFolder(folder);
  return name;
}

/** Of words of texts how many there are of each. */
function sequencesOf(labels: Labels): (WrittenTensor & { values: Float32Array })[] {
  if (labels.problemType !== "single_label_classification" || !labels.sequences) return [];
  const { length } = labels.sequences;
  return [{ name: "sequences", shape: [length], dtype: "I64", values: Float32Array.from(labels.sequences) }];
}

/** The labels as a tensor: indices of classes, or float32 as they are. */
function truthOf(labels: Labels): WrittenTensor & { values: Float32Array } {
  const name = "labels";
  if (labels.problemType === "single_label_classification")
    return { name, shape: [labels.ids.length], dtype: "I64", values: Float32Array.from(labels.ids) };
  const values = Float32Array.from(labels.values);
  if (!labels.classes) return { name, shape: [values.length], values };
  return { name, shape: [labelRows(labels), labelWidth(labels)], values };
}
