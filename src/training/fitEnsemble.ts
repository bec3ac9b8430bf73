import { firstNotFinite } from "../check";
import type { Labels } from "../data/labels";
import { labelRows, labelWidth } from "../data/labelWidth";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { blend, checkEquallyLong } from "./blend";
import { type MetricChoice, metricName } from "./CustomMetric";
import { checkLabels } from "./checkLabels";
import { checkMetrics } from "./checkMetrics";
import { isLowerBetter } from "./isLowerBetter";
import { metrics } from "./metrics";
import { scorerOf } from "./scorers/scorerOf";

/** How weights are fitted. */
export interface EnsembleOptions {
  /**
   * What is to be best: a metric's name, or `{ name, score, greaterIsBetter }`, one of your own. Default: accuracy, or rmse in a
   * regression.
   */
  metric?: MetricChoice;
  /** How many picks are made at most: weights are multiples of one over as many. Default: 50. */
  rounds?: number;
}

/** How much each of several models counts. */
export interface Ensemble {
  /** What the weights were fitted for. */
  metric: string;
  /** One for each model, in their order, that add up to 1. */
  weights: number[];
  /** Of the blend with these weights, on the rows that they were fitted on. */
  score: number;
  /** Of each model alone, on the same rows. */
  scores: number[];
}

/**
 * Weights for the mean of several models' predictions, by greedy selection with replacement (Caruana et al., Ensemble Selection from
 * Libraries of Models, ICML 2004): from the best model on the one is picked, again and again, with which the mean of all picks scores best;
 * of all the steps the best one's picks are taken. Of equal ones the model that stands first is picked, and the fewest picks stay.
 *
 * On the rows that they were fitted on the blend is never worse than the best model. Fit weights on out-of-fold predictions, and blend
 * others by them: `blend(onTest, weights)`. Each round scores one blend a model.
 *
 * @param outputs of each model probabilities or values `[rows · labels]`, out of fold, of the same rows in the same order
 * @param labels of these rows
 * @throws InputError for outputs that are not one for each row and label, or not finite, and for a metric that these rows do not have
 * @example
 * ```ts
 * const labels = { problemType: "single_label_classification" as const, classes: ["calm", "fire"], ids: Int32Array.of(0, 1, 1) };
 * const first = Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.2, 0.8); // of three rows that the models were not trained on
 * const second = Float32Array.of(0.4, 0.6, 0.1, 0.9, 0.3, 0.7);
 * const { weights, score, scores } = fitEnsemble([first, second], labels);
 * console.log(weights, score, scores); // [0.5, 0.5] 1 [0.667, 0.667]
 * ```
 */
export function fitEnsemble(
  outputs: readonly Float32Array[],
  labels: Labels,
  options: EnsembleOptions = {},
): Ensemble {
  const { metric: given, rounds } = readOptions("fitEnsemble", options);
  checkArguments("fitEnsemble", { outputs, labels });
  const metric = given ?? (labels.problemType === "regression" ? "rmse" : "accuracy");
  checkOutputs(outputs, labels);
  checkMetrics("metric", [metric], labels);
  const score = scoreOf(metric, labels);
  // By more than outputs in float32 are rounded.
  const isBetter = (a: number, b: number) => {
    const least = 1e-7 * Math.max(1, Math.abs(b));
    return isLowerBetter(metric) ? a < b - least : a > b + least;
  };
  const scores = outputs.map(score);
  let best = bestOf(scores, isBetter);
  const alone = best;
  const picks = [best];
  const sums = Float64Array.from(outputs[best]);
  let [kept, reached] = [1, scores[best]];
  const mean = new Float32Array(sums.length);
  while (picks.length < rounds) {
    const tried = outputs.map((each) => {
      for (let i = 0; i < mean.length; i++) mean[i] = (sums[i] + each[i]) / (picks.length + 1);
      return score(mean);
    });
    best = bestOf(tried, isBetter);
    picks.push(best);
    for (let i = 0; i < sums.length; i++) sums[i] += outputs[best][i];
    if (isBetter(tried[best], reached)) [kept, reached] = [picks.length, tried[best]];
  }
  const weights = outputs.map(
    (_, model) => picks.slice(0, kept).filter((pick) => pick === model).length / kept,
  );
  const whole = score(blend(outputs, weights));
  // A last bit that is rounded otherwise may lie on the other side of a threshold.
  if (!isBetter(scores[alone], whole)) return { metric: metricName(metric), weights, score: whole, scores };
  const single = outputs.map((_, model) => (model === alone ? 1 : 0));
  return { metric: metricName(metric), weights: single, score: scores[alone], scores };
}

/** The first of the best; one that is no number is never the best of several. */
function bestOf(scores: number[], isBetter: (a: number, b: number) => boolean): number {
  return scores.reduce(
    (best, score, i) => (isBetter(score, scores[best]) || Number.isNaN(scores[best]) ? i : best),
    0,
  );
}

function scoreOf(metric: MetricChoice, labels: Labels): (outputs: Float32Array) => number {
  const name = metricName(metric);
  return (outputs) => {
    // Alone it is found faster than among all that rows are scored by.
    const scorer = typeof metric === "string" ? scorerOf(metric, outputs, labels) : null;
    return scorer?.of() ?? metrics(outputs, labels, { metrics: [metric] })[name] ?? Number.NaN;
  };
}

function checkOutputs(outputs: readonly Float32Array[], labels: Labels): void {
  checkEquallyLong("fitEnsemble", outputs);
  const [rows, width] = [labelRows(labels), labelWidth(labels)];
  checkLabels("fitEnsemble", labels, rows);
  if (outputs[0].length !== rows * width || rows === 0)
    throw new InputError(
      `fitEnsemble: expected ${rows * width} outputs for ${rows} rows of ${width} labels, got ${outputs[0].length}`,
    );
  for (const [model, each] of outputs.entries()) {
    const at = firstNotFinite(each);
    if (at >= 0)
      throw new InputError(
        `fitEnsemble: expected finite outputs, got ${each[at]} of model ${model + 1} in row ${Math.floor(at / width)}`,
      );
  }
}
