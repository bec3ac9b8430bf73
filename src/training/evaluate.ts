import * as tf from "@tensorflow/tfjs-core";
import type { Labels } from "../data/labels";
import type { Dataset } from "../data/Rows";
import type { Classifier } from "../models/Classifier";
import { Pass } from "../nn/Pass";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { MetricChoice } from "./CustomMetric";
import { checkMetrics } from "./checkMetrics";
import { type LossChoice, lossOf } from "./loss";
import { type Metrics, metrics } from "./metrics";
import { allLogits, type PredictOptions, toProbabilities } from "./predict";
import { readLabelledRows } from "./readRows";

/** How well a model does. */
export interface Evaluation {
  /** Mean over the rows, without class weights or smoothing. */
  loss: number;
  /** By name: see `metrics`. */
  metrics: Metrics;
}

/** How a model is evaluated. */
export interface EvaluateOptions extends PredictOptions {
  /**
   * Further metrics to compute: balancedAccuracy, macroF1, microF1, weightedF1 and quadraticKappa of classes, mae, r2, pearson,
   * spearman and mcrmse of numbers; behind a colon that of one class or target alone, "rocAuc:toxic". One of your own is `{ name,
   * score, greaterIsBetter }`, which a sweep does not take. Default: none.
   */
  metrics?: MetricChoice[];
}

/**
 * Loss and metrics of a model on labelled rows, in eval mode.
 *
 * @throws InputError for rows that the model cannot take, or labels of another task; a FrostError where what the model says of a row is
 *   no finite number
 * @example
 * ```ts
 * const { loss, metrics } = await evaluate(model, valid);
 * console.log(metrics.accuracy);
 * ```
 */
export async function evaluate(
  model: Classifier,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const settings = readOptions("evaluate", options);
  checkArguments("evaluate", { model, dataset });
  const rows = readLabelledRows("evaluate", model, dataset);
  rows.checkReading("evaluate", model.trainedOn);
  checkMetrics("metrics", settings.metrics ?? [], rows.labels);
  const logits = await allLogits(model, rows, settings, "evaluate");
  return evaluateLogits(logits, rows.labels, model, settings.metrics);
}

/** Rows are judged by their likeliest class, and all alike. */
function asJudged(labels: Labels): Labels {
  const { weights, ...alike } = labels;
  if (alike.problemType !== "single_label_classification") return alike as Labels;
  const { soft, ...judged } = alike;
  return judged;
}

/** Scores logits [rows · labels] that are already there. */
export async function evaluateLogits(
  logits: Float32Array,
  labels: Labels,
  { numLabels, problemType }: Classifier,
  further: MetricChoice[] = [],
  choice?: LossChoice,
): Promise<Evaluation> {
  const rows = Int32Array.from({ length: logits.length / numLabels }, (_, row) => row);
  const mean = lossOf(asJudged(labels), { loss: choice });
  const scalar = tf.tidy(() => {
    const pass = new Pass();
    const value = pass.input(tf.tensor2d(logits, [rows.length, numLabels]));
    return mean.forward(pass, value, rows, mean.weight(rows)).tensor;
  });
  const [loss] = await scalar.data();
  scalar.dispose();
  return {
    loss,
    metrics: metrics(toProbabilities(logits, numLabels, problemType), labels, { metrics: further }),
  };
}
