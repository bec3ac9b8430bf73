import { firstNotFinite, shown } from "../check";
import { labelRows, labelWidth } from "../data/labelWidth";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { argMax } from "./argMax";
import type { CustomMetric, MetricChoice } from "./CustomMetric";
import { checkLabels } from "./checkLabels";
import { checkMetrics } from "./checkMetrics";
import { countRows, f1Of, noCounts, SCORES_OF_COUNTS } from "./classCounts";
import { columnOf } from "./columnOf";
import { rocArea } from "./rocArea";
import { ENTITY_METRICS } from "./scorers/entityScorer";
import { scorerOf } from "./scorers/scorerOf";

/** Scores by name. `rocAuc` is left out where a class has no row, since it is not defined there. */
export type Metrics = Record<string, number>;

/** What `metrics` computes besides. */
export interface MetricsOptions {
  /**
   * Further metrics to compute: balancedAccuracy, macroF1, microF1, weightedF1 and quadraticKappa of classes, mae, r2, pearson,
   * spearman and mcrmse of numbers; behind a colon that of one class or target alone, "rocAuc:toxic". One of your own is `{ name,
   * score, greaterIsBetter }`, which a sweep does not take. Default: none.
   */
  metrics?: MetricChoice[];
}

/**
 * Scores predictions against labels, as scikit-learn's and SciPy's functions of the same names do.
 *
 * `outputs`, [rows · labels], are probabilities, or predicted values in a regression. Single-label: accuracy, f1 (of the second
 * class where there are two, else the mean over the classes that occur or are predicted), mcc, rocAuc (one against the rest, macro), logLoss. Multi-label: accuracy (all labels
 * of a row right), f1 and rocAuc (macro), logLoss. Words of texts, besides those of a single label a word: entityPrecision, entityRecall and
 * entityF1 of whole entities, as seqeval's precision, recall and f1. Regression: rmse, of several targets the mean of each one's. Further ones have to be
 * named; those that are not defined on these rows are left out. One of the user's own is computed by its function.
 *
 * @throws InputError for outputs that are not one for each row and label, or not finite, naming the row, for a metric that the task
 *   has not, and where a function gives no finite number
 * @example
 * ```ts
 * const { probabilities } = await predict(model, valid);
 * console.log(metrics(probabilities, valid.labels!, { metrics: ["balancedAccuracy"] }));
 * ```
 */
export function metrics(outputs: Float32Array, labels: Labels, options: MetricsOptions = {}): Metrics {
  const { metrics: further } = readOptions("metrics", options);
  checkArguments("metrics", { outputs, labels });
  checkOutputs(outputs, labels);
  const scores = usual(outputs, labels);
  for (const name of further ?? []) {
    if (typeof name !== "string") {
      checkMetrics("metrics", [name], labels);
      scores[name.name] = ownScore(name, outputs, labels);
      continue;
    }
    if (Object.hasOwn(scores, name)) continue;
    const scorer = scorerOf(name, outputs, labels);
    if (!scorer) checkMetrics("metrics", [name], labels);
    const value = scorer?.of() ?? Number.NaN;
    if (!Number.isNaN(value)) scores[name] = value;
  }
  return scores;
}

/** What a metric of the user's own says. It gets a copy: what it does to the outputs is its own affair. */
function ownScore({ name, score }: CustomMetric, outputs: Float32Array, labels: Labels): number {
  const value: unknown = score(outputs.slice(), labels);
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new InputError(
      `metrics: expected a finite number from the metric ${JSON.stringify(name)}, got ${shown(value)}`,
    );
  return value;
}

function usual(outputs: Float32Array, labels: Labels): Metrics {
  if (labels.problemType === "regression") return { rmse: scorerOf("rmse", outputs, labels)!.of() };
  if (labels.problemType === "multi_label_classification")
    return multiLabel(outputs, labels.values, labels.classes.length);
  return {
    ...singleLabel(outputs, labels.ids, labels.classes.length),
    ...(labels.sequences &&
      Object.fromEntries(ENTITY_METRICS.map((name) => [name, scorerOf(name, outputs, labels)!.of()]))),
  };
}

function checkOutputs(outputs: Float32Array, labels: Labels): void {
  const width = labelWidth(labels);
  const rows = labelRows(labels);
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
  const said = Int32Array.from(ids, (_, r) => argMax(probabilities, r * classes, classes));
  countRows(counts, ids, said);
  let logLoss = 0;
  for (let r = 0; r < rows; r++) logLoss -= Math.log(clip(probabilities[r * classes + ids[r]])) / rows;
  const ranked = rankedClasses(classes);
  // Of ten thousand classes one without a row leaves nothing to be ranked, and each ranking sorts all rows.
  const auc = ranked.every((c) => counts.real[c] > 0 && counts.real[c] < rows)
    ? mean(ranked.map((c) => rocArea(...columnOf(probabilities, ids, classes, c))()))
    : Number.NaN;
  return {
    accuracy: sum(classes, (c) => counts.hits[c]) / rows,
    f1: SCORES_OF_COUNTS.f1(counts),
    mcc: SCORES_OF_COUNTS.mcc(counts),
    ...(Number.isNaN(auc) ? {} : { rocAuc: auc }),
    logLoss,
  };
}

/** The classes of which each is ranked against the rest: of two the second alone. */
export const rankedClasses = (classes: number): number[] =>
  classes === 2 ? [1] : Array.from({ length: classes }, (_, c) => c);

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

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

const mean = (values: number[]): number => sum(values.length, (i) => values[i]) / values.length;

// float32 probabilities of 0 and 1 have no finite logarithm; scikit-learn clips by the type's eps.
export const clip = (p: number): number => Math.min(1 - 2 ** -23, Math.max(2 ** -23, p));
