import { labelTargets } from "../data/labelTargets";
import type { Dataset, LabelledRows } from "../data/Rows";
import { InputError } from "../errors";
import { fittedValues } from "../fit/fittedValues";
import { Moments } from "../fit/Moments";
import { type Ridge, ridge } from "../fit/ridge";
import type { Classifier } from "../models/Classifier";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { swept } from "../options/table";
import { metrics } from "../training/metrics";
import { nextTurn } from "../training/nextTurn";
import { explainOutOfMemory } from "../training/outOfMemory";
import { readLabelledRows } from "../training/readRows";
import { Stoppable } from "../training/Stoppable";
import { ClassScatter } from "./ClassScatter";
import { depthFeatures } from "./depthFeatures";
import { logMe } from "./logMe";

/** Rows that depths are probed with. */
export interface ProbeData {
  /** Rows to train on. */
  train: Dataset;
  /** Rows that depths are compared on. */
  valid: Dataset;
}

/** How depths are probed. */
export interface ProbeOptions {
  /** Rows at a time. Default: 64. */
  batchSize?: number;
  /** Stops between two batches. */
  signal?: AbortSignal;
  /** Told how many rows of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/** What the pretrained hidden states after N blocks tell of the labels. */
export interface ProbedDepth {
  /** How many blocks came before, besides the embeddings. */
  n: number;
  /** What `score` is: accuracy, or rmse in a regression. */
  metric: "accuracy" | "rmse";
  /** Of a linear probe, on the rows of `valid`. */
  score: number;
  /** LogME of the rows of `train`: the higher, the better a linear model explains their labels; it may be negative. */
  logMe: number;
  /**
   * Hidden state variability of the rows of `train`: how far rows of one class lie apart beside how far classes do; the lower, the better
   * they are told apart. Null where the task is not one class a row, and where the classes' means are the same.
   */
  variability: number | null;
}

/**
 * How much the pretrained hidden states after each N blocks tell of the labels already, without training and in one forward over
 * the rows. It is evidence on the checkpoint, not what fine-tuning gives: blocks above N may learn what these states lack.
 *
 * Of each row it takes what the model's head would read if the encoder ended there: its first token, or the mean or maximum of all.
 * The linear probe is a ridge regression onto the labels, classes being 0 or 1. Its strength is chosen on `train` by generalised
 * cross-validation, and it is judged on `valid`. LogME (You et al., ICML 2021), the evidence of a Bayesian linear model, and hidden
 * state variability (Xie et al., EMNLP 2022), which that paper takes of the mean over tokens, are of `train` alone. All sums are in
 * float64, and no features are kept.
 *
 * @returns one for each N from 0 to the model's depth
 * @throws InputError for rows that the model cannot take, images, and heads that learn how to pool; a FrostError where a hidden state
 *   is no finite number
 * @example
 * ```ts
 * for (const { n, score, logMe, variability } of await probeDepths(model, { train, valid }))
 *   console.log(n, score, logMe, variability);
 * ```
 */
export async function probeDepths(
  model: Classifier,
  data: ProbeData,
  options: ProbeOptions = {},
): Promise<ProbedDepth[]> {
  const { batchSize, signal, onProgress } = readOptions("probeDepths", options);
  checkArguments("probeDepths", { model });
  readNamed("probeDepths", swept, data, "data");
  const train = readLabelledRows("probeDepths: train", model, data.train);
  const valid = readLabelledRows("probeDepths: valid", model, data.valid);
  if (!model.stages.at(-1)!.pool)
    throw new InputError(
      `probeDepths: model: expected one that reads texts and pools by "cls", "mean", "max" or "meanMax", got ${train.kind === "images" ? "one that reads images" : model.perToken ? "one that tells the label of each token" : 'a head that learns how to pool; load it with head: "mean"'}`,
    );
  const stoppable = new Stoppable({ name: "probeDepths", work: "at work", signal });
  stoppable.begin();
  try {
    let done = 0;
    const each = async (
      rows: LabelledRows,
      take: (features: Float32Array[], numbers: Int32Array) => void,
    ) => {
      for await (const { numbers, depths } of depthFeatures(model, rows, batchSize)) {
        stoppable.throwIfStopped();
        take(depths, numbers);
        done += numbers.length;
        onProgress?.(done, train.count + valid.count);
      }
    };
    const moments: Moments[] = [];
    const scatters: ClassScatter[] = [];
    const ids = train.labels.problemType === "single_label_classification" ? train.labels.ids : null;
    await each(train, (depths, numbers) => {
      const targets = labelTargets(train.labels, numbers);
      for (const [n, features] of depths.entries()) {
        moments[n] ??= new Moments(features.length / numbers.length, model.numLabels);
        moments[n].add(features, targets);
        if (!ids) continue;
        scatters[n] ??= new ClassScatter(moments[n].width, model.numLabels, ids);
        scatters[n].add(
          features,
          numbers.map((row) => ids[row]),
        );
      }
    });
    // Each depth is fitted before the rows that judge it are read, so that those need not be kept either.
    const fits: { fit: Ridge; logMe: number; variability: number | null }[] = [];
    for (const [n, sums] of moments.entries()) {
      const variability = scatters[n]?.variability ?? null;
      fits.push({ fit: ridge(sums), logMe: logMe(sums.raw()), variability });
      await nextTurn();
      stoppable.throwIfStopped();
    }
    const fitted = fits.map(() => new Float32Array(valid.count * model.numLabels));
    await each(valid, (depths, numbers) => {
      for (const [n, features] of depths.entries()) {
        const values = fittedValues(fits[n].fit, features);
        numbers.forEach((row, r) => {
          fitted[n].set(
            values.subarray(r * model.numLabels, (r + 1) * model.numLabels),
            row * model.numLabels,
          );
        });
      }
    });
    const metric = model.problemType === "regression" ? "rmse" : "accuracy";
    return fits.map(({ logMe, variability }, n) => ({
      n,
      metric,
      score: metrics(fitted[n], valid.labels)[metric],
      logMe,
      variability,
    }));
  } catch (error) {
    throw explainOutOfMemory(error, batchSize, [train, valid], null);
  } finally {
    stoppable.end();
  }
}
