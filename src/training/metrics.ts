import { firstNotFinite } from "../check";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { checkLabels } from "./checkLabels";

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
  const confusion = new Float64Array(classes * classes); // [true · classes + predicted]
  let logLoss = 0;
  for (let r = 0; r < rows; r++) {
    confusion[ids[r] * classes + argMax(probabilities, r * classes, classes)]++;
    logLoss -= Math.log(clip(probabilities[r * classes + ids[r]])) / rows;
  }
  const is = (c: number) => Float32Array.from(ids, (id) => (id === c ? 1 : 0));
  const column = (c: number) => Float32Array.from({ length: rows }, (_, r) => probabilities[r * classes + c]);
  const auc =
    classes === 2
      ? rocAuc(column(1), is(1))
      : mean(Array.from({ length: classes }, (_, c) => rocAuc(column(c), is(c))));
  const f1s = Array.from({ length: classes }, (_, c) => f1Of(confusion, classes, c));
  const met = f1s.filter((f1) => f1 !== null);
  return {
    accuracy: sum(classes, (c) => confusion[c * classes + c]) / rows,
    f1: classes === 2 ? (f1s[1] ?? 0) : mean(met),
    mcc: mcc(confusion, classes),
    ...(Number.isNaN(auc) ? {} : { rocAuc: auc }),
    logLoss,
  };
}

function multiLabel(probabilities: Float32Array, values: Float32Array, labels: number): Metrics {
  const rows = values.length / labels;
  const column = (from: Float32Array, c: number) =>
    Float32Array.from({ length: rows }, (_, r) => from[r * labels + c]);
  const f1s: number[] = [];
  const aucs: number[] = [];
  for (let c = 0; c < labels; c++) {
    const truth = column(values, c);
    const score = column(probabilities, c);
    let [hits, said, real] = [0, 0, 0];
    for (let r = 0; r < rows; r++) {
      const yes = score[r] >= 0.5 ? 1 : 0;
      hits += yes * truth[r];
      said += yes;
      real += truth[r];
    }
    f1s.push(said + real === 0 ? 0 : (2 * hits) / (said + real));
    aucs.push(rocAuc(score, truth));
  }
  const whole = sum(rows, (r) => {
    for (let i = r * labels; i < (r + 1) * labels; i++)
      if (probabilities[i] >= 0.5 !== values[i] >= 0.5) return 0;
    return 1;
  });
  const auc = mean(aucs);
  return {
    accuracy: whole / rows,
    f1: mean(f1s),
    ...(Number.isNaN(auc) ? {} : { rocAuc: auc }),
    logLoss:
      -sum(values.length, (i) => Math.log(clip(values[i] >= 0.5 ? probabilities[i] : 1 - probabilities[i]))) /
      values.length,
  };
}

function rmse(predicted: Float32Array, values: Float32Array): number {
  return Math.sqrt(sum(values.length, (i) => (predicted[i] - values[i]) ** 2) / values.length);
}

/** Area under the ROC curve by ranks (Mann and Whitney 1947), ties counting half; NaN where one of the two classes is missing. */
function rocAuc(score: Float32Array, truth: Float32Array): number {
  const order = Array.from(score.keys()).sort((a, b) => score[a] - score[b]);
  let rankSum = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && score[order[end]] === score[order[i]]) end++;
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++)
      if (truth[order[i]]) {
        rankSum += rank;
        positives++;
      }
  }
  const negatives = order.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Matthews' correlation over any number of classes (Gorodkin 2004); 0 where a side has one class only. */
function mcc(confusion: Float64Array, classes: number): number {
  const total = sum(confusion.length, (i) => confusion[i]);
  const right = sum(classes, (c) => confusion[c * classes + c]);
  const real = Array.from({ length: classes }, (_, c) => sum(classes, (p) => confusion[c * classes + p]));
  const said = Array.from({ length: classes }, (_, c) => sum(classes, (t) => confusion[t * classes + c]));
  const covariance = right * total - sum(classes, (c) => real[c] * said[c]);
  const spread =
    (total ** 2 - sum(classes, (c) => said[c] ** 2)) * (total ** 2 - sum(classes, (c) => real[c] ** 2));
  return spread === 0 ? 0 : covariance / Math.sqrt(spread);
}

/** Null for a class that neither occurs nor is predicted. */
function f1Of(confusion: Float64Array, classes: number, c: number): number | null {
  const real = sum(classes, (p) => confusion[c * classes + p]);
  const said = sum(classes, (t) => confusion[t * classes + c]);
  return real + said === 0 ? null : (2 * confusion[c * classes + c]) / (real + said);
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
const clip = (p: number): number => Math.min(1 - 2 ** -23, Math.max(2 ** -23, p));
