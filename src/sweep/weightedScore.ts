import type { Labels } from "../data/labels";
import { labelRows } from "../data/labelWidth";
import { columnOf } from "../training/columnOf";
import { rankedClasses } from "../training/metrics";
import { rocArea } from "../training/rocArea";
import { scorerOf } from "../training/scorers/scorerOf";
import { rowScores } from "./rowScores";

/** A metric as a function of how often each row counts. */
export interface WeightedScore {
  /** NaN where it is not defined on such rows. */
  of(weights: Uint32Array): number;
  /** How many rows there are, or texts, where a metric is of whole texts' words. */
  rows: number;
  /** How many values it goes through for a row. */
  work: number;
}

/**
 * Any metric of the kit, and "loss", of rows each of which counts so many times: what `metrics` gives of a table in which each row stands
 * that often. What does not depend on the weights, as ranks, is computed once. Where a class has no row left, rocAuc is the mean over the
 * others. Null where the task has no such metric. `loss` is what was trained by, where that is not the usual one.
 */
export function weightedScore(
  metric: string,
  outputs: Float32Array,
  labels: Labels,
  loss?: unknown,
): WeightedScore | null {
  const values = rowScores(metric, outputs, labels, loss);
  if (values) {
    const root = metric === "rmse";
    const of = (weights: Uint32Array) => {
      const mean = weightedMean(values, weights);
      return root ? Math.sqrt(mean) : mean;
    };
    return { of, rows: values.length, work: 1 };
  }
  const rows = labelRows(labels);
  if (metric === "rocAuc" && labels.problemType !== "regression") {
    const width = labels.classes.length;
    const truth = labels.problemType === "single_label_classification" ? labels.ids : labels.values;
    const classes =
      labels.problemType === "single_label_classification" ? rankedClasses(width) : [...Array(width).keys()];
    const areas = classes.map((c) => rocArea(...columnOf(outputs, truth, width, c)));
    return {
      of: (weights) => meanOfDefined(areas.map((area) => area(weights))),
      rows,
      work: 2 * areas.length,
    };
  }
  const scorer = scorerOf(metric, outputs, labels);
  return scorer && { ...scorer, rows: scorer.rows ?? rows };
}

function weightedMean(values: Float64Array, weights: Uint32Array): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    sum += weights[row] * values[row];
    total += weights[row];
  }
  return sum / total;
}

function meanOfDefined(values: number[]): number {
  let [sum, count] = [0, 0];
  for (const value of values)
    if (!Number.isNaN(value)) {
      sum += value;
      count++;
    }
  return sum / count;
}
