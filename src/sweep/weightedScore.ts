import type { Labels } from "../data/labels";
import { f1Of, noCounts, scoresOfCounts } from "../training/classCounts";
import { argMax, columnOf, rankedClasses } from "../training/metrics";
import { rocArea } from "../training/rocArea";
import { rowScores } from "./rowScores";

/** A metric as a function of how often each row counts. */
export interface WeightedScore {
  /** NaN where it is not defined on such rows. */
  of(weights: Uint32Array): number;
  /** How many rows there are. */
  rows: number;
  /** How many values it goes through for a row. */
  work: number;
}

/**
 * Any metric of the kit, and "loss", of rows each of which counts so many times: what `metrics` gives of a table in which each row stands
 * that often. What does not depend on the weights, as ranks, is computed once. Where a class has no row left, rocAuc is the mean over the
 * others. Null where the task has no such metric.
 */
export function weightedScore(metric: string, outputs: Float32Array, labels: Labels): WeightedScore | null {
  const values = rowScores(metric, outputs, labels);
  if (values) {
    const root = metric === "rmse";
    const of = (weights: Uint32Array) => {
      const mean = weightedMean(values, weights);
      return root ? Math.sqrt(mean) : mean;
    };
    return { of, rows: values.length, work: 1 };
  }
  if (labels.problemType === "regression") return null;
  const width = labels.classes.length;
  const rows = outputs.length / width;
  if (metric === "rocAuc") {
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
  if (labels.problemType === "multi_label_classification")
    return metric === "f1" ? { of: labelsF1(outputs, labels.values, width), rows, work: width } : null;
  if (metric !== "f1" && metric !== "mcc") return null;
  const { ids } = labels;
  const said = Int32Array.from(ids, (_, row) => argMax(outputs, row * width, width));
  const counts = noCounts(width);
  const of = (weights: Uint32Array) => {
    for (const each of Object.values(counts)) each.fill(0);
    for (let row = 0; row < rows; row++) {
      const weight = weights[row];
      counts.real[ids[row]] += weight;
      counts.said[said[row]] += weight;
      if (said[row] === ids[row]) counts.hits[ids[row]] += weight;
    }
    return scoresOfCounts(counts)[metric];
  };
  return { of, rows, work: 3 };
}

function weightedMean(values: Float64Array, weights: Uint32Array): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    sum += weights[row] * values[row];
    total += weights[row];
  }
  return sum / total;
}

/** The mean over the labels of each one's f1. */
function labelsF1(outputs: Float32Array, values: Float32Array, width: number): WeightedScore["of"] {
  const yes = Uint8Array.from(outputs, (p) => (p >= 0.5 ? 1 : 0));
  const [hits, said, real] = [0, 0, 0].map(() => new Float64Array(width));
  return (weights) => {
    for (const each of [hits, said, real]) each.fill(0);
    for (let i = 0, row = 0; i < yes.length; row++) {
      const weight = weights[row];
      for (let c = 0; c < width; c++, i++) {
        if (yes[i]) {
          said[c] += weight;
          hits[c] += weight * values[i];
        }
        real[c] += weight * values[i];
      }
    }
    let total = 0;
    for (let c = 0; c < width; c++) total += f1Of(hits[c], said[c], real[c]);
    return total / width;
  };
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
