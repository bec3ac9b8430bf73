import { loadTokenizer } from "../data/loadTokenizer";
import type { EncodedDataset } from "../data/tokenize";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { formatCount } from "../sweep/formatSummary";
import { checkMetric } from "./checkMetric";
import { checkMaxLen, encode } from "./encode";
import { loadModel, noteModel } from "./loadModel";
import { note } from "./note";
import type { DataFlags, TrainingFlags } from "./options";
import { readData } from "./readData";

export interface Inputs {
  model: SequenceClassifier;
  train: EncodedDataset;
  /** Null where no row was set aside. */
  valid: EncodedDataset | null;
}

/**
 * Everything a training needs: the tables' rows, tokenized, and a model with a head for their labels, drawn from `seed`.
 * `prepare` sees the model before anything is noted, so that whatever is wrong with the input is all that stderr says.
 */
export async function loadInputs(
  flags: DataFlags & TrainingFlags,
  {
    seed,
    prepare,
    signal,
  }: { seed: number; prepare: (model: SequenceClassifier) => void; signal: AbortSignal },
): Promise<Inputs> {
  const { train, valid } = await readData(flags);
  const labels = train.labels!;
  if (flags.metric !== undefined) checkMetric(flags.metric, valid?.labels ?? labels);
  const loaded = await loadModel(
    flags,
    {
      ...(labels.problemType === "regression" ? { numLabels: 1 } : { classes: labels.classes }),
      problemType: labels.problemType,
      seed,
      ignoreMismatchedSizes: flags.ignoreMismatchedSizes,
    },
    signal,
  );
  const { model } = loaded;
  const tokenizer = await loadTokenizer(model.folder);
  checkMaxLen(flags.maxLen, tokenizer, model);
  prepare(model);
  noteModel(loaded);
  const rows = `${formatCount(train.texts.length)} rows to train on`;
  note(valid ? `${rows}, ${formatCount(valid.texts.length)} to validate on` : rows);
  const datasets = valid ? [train, valid] : [train];
  const [encodedTrain, encodedValid = null] = await encode(datasets, tokenizer, flags.maxLen, signal);
  return { model, train: encodedTrain, valid: encodedValid };
}
