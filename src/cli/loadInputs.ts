import type { Command } from "commander";
import type { Dataset } from "../data/Rows";
import { checkPrecision } from "../engine/autocast";
import { useEngine } from "../engine/useEngine";
import type { Classifier } from "../models/Classifier";
import { formatCount } from "../text/numbers";
import { lossOf } from "../training/loss";
import { checkMetric } from "./checkMetric";
import type { Dealt, FoldFlags } from "./dealFolds";
import { encoderOf } from "./encode";
import { loadModel, noteModel } from "./loadModel";
import { note } from "./note";
import type { DataFlags, TrainingFlags } from "./options";
import { areImages, areWords, countOf, type Rows } from "./Rows";
import { readData } from "./readData";
import { oneOfEach } from "./readWords";

export interface Inputs {
  model: Classifier;
  train: Dataset;
  /** Null where no row was set aside. */
  valid: Dataset | null;
  /** Null where the rows were not dealt into folds. */
  dealt: Dealt | null;
}

/**
 * Everything a training needs: the tables' rows, tokenized, or the folders' images, decoded, and a model with a head for their labels,
 * drawn from `seed`. `prepare` sees the model before anything is noted, so that whatever is wrong with the input is all that stderr says.
 */
export async function loadInputs(
  flags: DataFlags &
    FoldFlags &
    Pick<TrainingFlags, "precision" | "metric" | "metrics" | "loss" | "classWeights">,
  command: Command,
  { seed, prepare, signal }: { seed: number; prepare: (model: Classifier) => void; signal: AbortSignal },
): Promise<Inputs> {
  // What cannot be is refused before anything is read, and before a model is fetched for it.
  if (flags.precision !== "fp32") {
    await useEngine(flags.engine);
    checkPrecision(flags.precision);
  }
  const { train, valid, dealt, told } = await readData(flags, command);
  const labels = labelsOf(train);
  lossOf(labels, flags);
  checkMetric(flags, valid ? labelsOf(valid) : labels);
  const loaded = await loadModel(
    flags,
    {
      ...(labels.classes ? { classes: labels.classes } : { numLabels: 1 }),
      problemType: labels.problemType,
      seed,
      head: flags.head,
      ignoreMismatchedSizes: flags.ignoreMismatchedSizes,
    },
    signal,
    { option: "--train", path: flags.train.join(", "), images: areImages(train), words: areWords(train) },
  );
  const { model } = loaded;
  const encode = await encoderOf(model, flags);
  prepare(model);
  noteModel(loaded);
  const [whatLabelsAre, ...remarks] = told;
  note(whatLabelsAre);
  const rows = `${formatCount(countOf(train))} ${areImages(train) ? "images" : "rows"} to train on`;
  const others = valid && `${formatCount(countOf(valid))} to validate on`;
  note([rows, others, dealt && `in ${dealt.folds.length} folds`].filter(Boolean).join(", "));
  for (const line of remarks) note(line);
  const [encodedTrain, encodedValid = null] = await encode(valid ? [train, valid] : [train], signal);
  return { model, train: encodedTrain, valid: encodedValid, dealt };
}

const labelsOf = (rows: Rows) => (areWords(rows) ? oneOfEach(rows) : rows.labels!);
