import { firstNotFinite } from "../check";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { checkLabels } from "./checkLabels";
import { f1Of, noCounts, scoresOfCounts } from "./classCounts";
import { rocArea } from "./rocArea";

/** Scores by name. `rocAuc` is left out where a class has no row, since it is not defined there. */
export type Metrics = Record<string, number>;

/** Metrics of which less is better. */
export const LOWER_IS_BETTER = new Set(["loss", "logLoss", "rmse"]);

/**
 * Scores predictions against labels, as scikit-learn's functions of the same names do.
 *
 * `outputs`, [rows · labels], are probabilities, or predicted values in a regression. Single-label: accuracy, f1 (of the second
 * class where there are two, else the mean over the classes that occur or are predicted), mcc, rocAuc (one against the rest, macro), logLoss. Multi-label: accuracy (all labels
 * of a row right), f1 and rocAuc (macro), logLoss. Regression: rmse.
 *
 * @throws InputError for outputs that are not one for each row and label, or not finite, naming the row
 * @example
 * ```ts
 * const { probabilities } = await predict(model, valid);
 * console.log(metrics(probabilities, valid.labels!).f1);
 * ```
 */
export function metrics(outputs: Float32Array, labels: Labels): Metrics;
export function metrics(outputs: Float32Array, labels: Labels, ...more: unknown[]): Metrics {
  noOptions("metrics", more);
  checkArguments("metrics", { outputs, labels });
  checkOutputs(outputs, labels);
  if (labels.problemType === "regression") return { rmse: rmse(outputs, labels.values) };
  if (labels.problemType === "multi_label_classification")
    return multiLabel(outputs, labels.values, labels.classes.length);
  return singleLabel(outputs, labels.ids, labels.classes.length);
}

/** The names of the metrics that rows with these labels are scored by: `rocAuc` where each class has rows, and other classes have some. */
export function metricNames(labels: Labels): string[] {
  if (labels.problemType === "regression") return ["rmse"];
  const classes = labels.classes.length;
  const counts = new Array<number>(classes).fill(0);
  if (labels.problemType === "single_label_classification") for (const id of labels.ids) counts[id]++;
  else
    labels.values.forEach((value, i) => {
      if (value) counts[i % classes]++;
    });
  const single = labels.problemType === "single_label_classification";
  const rows = single ? labels.ids.length : labels.values.length / classes;
  const ranked = counts.every((count) => count > 0 && count < rows);
  return ["accuracy", "f1", ...(single ? ["mcc"] : []), ...(ranked ? ["rocAuc"] : []), "logLoss"];
}

function checkOutputs(outputs: Float32Array, labels: Labels): void {
  const width = labels.classes?.length ?? 1;
  const rows =
    labels.problemType === "single_label_classification" ? labels.ids.length : labels.values.length / width;
  if (outputs.length !== rows * width)
    throw new InputError(
      `metrics: expected ${rows * width} outputs for ${rows} rows of ${width} labels, got ${outputs.length}`,
    );
  checkLabels("metrics", labels, rows);
  const at = firstNotFinite(outputs);
  if (at >= 0)
    throw new InputError(
      `metrics: expected finite outputs, got ${outputs[at]} in row ${Math.floor(at / width)}`,
    );
}

function singleLabel(probabilities: Float32Array, ids: Int32Array, classes: number): Metrics {
  const rows = ids.length;
  const counts = noCounts(classes);
  let logLoss = 0;
  for (let r = 0; r < rows; r++) {
    const said = argMax(probabilities, r * classes, classes);
    counts.real[ids[r]]++;
    counts.said[said]++;
    if (said === ids[r]) counts.hits[said]++;
    logLoss -= Math.log(clip(probabilities[r * classes + ids[r]])) / rows;
  }
  const auc = mean(rankedClasses(classes).map((c) => rocArea(...columnOf(probabilities, ids, classes, c))()));
  return {
    accuracy: sum(classes, (c) => counts.hits[c]) / rows,
    ...scoresOfCounts(counts),
    ...(Number.isNaN(auc) ? {} : { rocAuc: auc }),
    logLoss,
  };
}

/** The classes of which each is ranked against the rest: of two the second alone. */
export const rankedClasses = (classes: number): number[] =>
  classes === 2 ? [1] : Array.from({ length: classes }, (_, c) => c);

/** What is said of one class, and whether each row is of it. */
export function columnOf(
  probabilities: Float32Array,
  truth: Int32Array | Float32Array,
  classes: number,
  c: number,
): [Float32Array, Float32Array] {
  const rows = probabilities.length / classes;
  const column = (from: Float32Array) => Float32Array.from({ length: rows }, (_, r) => from[r * classes + c]);
  return [
    column(probabilities),
    truth instanceof Int32Array ? Float32Array.from(truth, (id) => (id === c ? 1 : 0)) : column(truth),
  ];
}

function multiLabel(probabilities: Float32Array, values: Float32Array, labels: number): Metrics {
  const rows = values.length / labels;
  const f1s: number[] = [];
  const aucs: number[] = [];
  for (let c = 0; c < labels; c++) {
    const [score, truth] = columnOf(probabilities, values, labels, c);
    let [hits, said, real] = [0, 0, 0];
    for (let r = 0; r < rows; r++) {
      const yes = score[r] >= 0.5 ? 1 : 0;
      hits += yes * truth[r];
      said += yes;
      real += truth[r];
    }
    f1s.push(f1Of(hits, said, real));
    aucs.push(rocArea(score, truth)());
  }
  const auc = mean(aucs);
  return {
    accuracy: sum(rows, (r) => (isWholeRow(probabilities, values, labels, r) ? 1 : 0)) / rows,
    f1: mean(f1s),
    ...(Number.isNaN(auc) ? {} : { rocAuc: auc }),
    logLoss:
      -sum(values.length, (i) => Math.log(clip(values[i] >= 0.5 ? probabilities[i] : 1 - probabilities[i]))) /
      values.length,
  };
}

/** Whether all labels of a row are right. */
export function isWholeRow(
  probabilities: Float32Array,
  values: Float32Array,
  labels: number,
  row: number,
): boolean {
  for (let i = row * labels; i < (row + 1) * labels; i++)
    if (probabilities[i] >= 0.5 !== values[i] >= 0.5) return false;
  return true;
}

function rmse(predicted: Float32Array, values: Float32Array): number {
  return Math.sqrt(sum(values.length, (i) => (predicted[i] - values[i]) ** 2) / values.length);
}

/** Where the largest of `count` values from `start` stands, counted from `start`. */
export function argMax(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

const mean = (values: number[]): number => sum(values.length, (i) => values[i]) / values.length;

// float32 probabilities of 0 and 1 have no finite logarithm; scikit-learn clips by the type's eps.
export const clip = (p: number): number => Math.min(1 - 2 ** -23, Math.max(2 ** -23, p));
