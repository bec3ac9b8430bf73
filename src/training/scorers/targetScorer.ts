import { pearson, spearman } from "./correlation";
import type { Scorer } from "./Scorer";

type Column = Float64Array;
type OfTarget = (predicted: Column, truth: Column) => Scorer["of"];

const meanOf =
  (term: (predicted: number, truth: number) => number, finish = (mean: number) => mean): OfTarget =>
  (predicted, truth) => {
    const terms = truth.map((value, row) => term(predicted[row], value));
    return (weights) => {
      let [sum, total] = [0, 0];
      for (let row = 0; row < terms.length; row++) {
        const weight = weights ? weights[row] : 1;
        sum += weight * terms[row];
        total += weight;
      }
      return finish(sum / total);
    };
  };

const squared = (predicted: number, truth: number) => (predicted - truth) ** 2;

/** 1 - residuals / spread, where nothing spreads 1 or 0 for whether nothing is left over, as scikit-learn has it. */
const r2: OfTarget = (predicted, truth) => {
  const residuals = meanOf(squared)(predicted, truth);
  return (weights) => {
    let [sum, total] = [0, 0];
    for (let row = 0; row < truth.length; row++) {
      const weight = weights ? weights[row] : 1;
      sum += weight * (truth[row] - truth[0]);
      total += weight;
    }
    if (total < 2) return Number.NaN;
    const mean = truth[0] + sum / total;
    let spread = 0;
    for (let row = 0; row < truth.length; row++)
      spread += ((weights ? weights[row] : 1) * (truth[row] - mean) ** 2) / total;
    const left = residuals(weights);
    if (spread === 0) return left === 0 ? 1 : 0;
    return 1 - left / spread;
  };
};

const rmse = meanOf(squared, Math.sqrt);

/** Of one target, and how many values each goes through for a row. */
const METRICS: Record<string, { of: OfTarget; work: number }> = {
  rmse: { of: rmse, work: 1 },
  mcrmse: { of: rmse, work: 1 },
  mae: { of: meanOf((predicted, truth) => Math.abs(predicted - truth)), work: 1 },
  r2: { of: r2, work: 3 },
  pearson: { of: (x, y) => (weights) => pearson(x, y, weights), work: 4 },
  spearman: { of: spearman, work: 12 },
};

/** The metrics of numbers. */
export const TARGET_METRICS: readonly string[] = Object.keys(METRICS);

/**
 * A metric of predicted numbers [rows · width]: of several targets the mean of each one's, as scikit-learn averages, or that of the
 * `target` alone. Null for one that there is not.
 */
export function targetScorer(
  metric: string,
  outputs: ArrayLike<number>,
  values: ArrayLike<number>,
  width: number,
  target?: number,
): Scorer | null {
  const found = Object.hasOwn(METRICS, metric) ? METRICS[metric] : null;
  // Kaggle's mean columnwise RMSE is of several columns.
  if (!found || (metric === "mcrmse" && (width === 1 || target !== undefined))) return null;
  const rows = values.length / width;
  const column = (from: ArrayLike<number>, c: number) =>
    Float64Array.from({ length: rows }, (_, row) => from[row * width + c]);
  const targets = target === undefined ? [...Array(width).keys()] : [target];
  const each = targets.map((c) => found.of(column(outputs, c), column(values, c)));
  return {
    of: (weights) => each.reduce((sum, of) => sum + of(weights), 0) / each.length,
    work: found.work * each.length,
  };
}
