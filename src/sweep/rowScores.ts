import type { Labels } from "../data/labels";
import { labelWidth } from "../data/labelWidth";
import { argMax } from "../training/argMax";
import { clip, isWholeRow } from "../training/metrics";
import { rowLosses } from "./rowLosses";

/** Metrics that are the mean of what each row scores, and rmse, which is the root of one. */
const MEANS = ["accuracy", "logLoss", "loss", "rmse"];

/**
 * What each row scores in a metric that is a mean over the rows: 1 or 0 for whether it is right, its log loss, its squared error. Null for
 * metrics that are none, as f1, and for those that the task has not. `loss` is what was trained by, where that is not the usual one.
 */
export function rowScores(
  metric: string,
  outputs: Float32Array,
  labels: Labels,
  loss?: unknown,
): Float64Array | null {
  if (!MEANS.includes(metric)) return null;
  if (metric === "loss" && loss !== undefined) {
    const settings = typeof loss === "string" ? { name: loss } : (loss as { name: string });
    if (!["mse", "bce", "crossEntropy"].includes(settings.name)) return rowLosses(settings, outputs, labels);
  }
  if (labels.problemType === "regression") {
    const width = labelWidth(labels);
    // Of several targets rmse is the mean of roots.
    if (metric !== "loss" && (metric !== "rmse" || width > 1)) return null;
    const squares = Float64Array.from(labels.values, (value, i) => (outputs[i] - value) ** 2);
    if (width === 1) return squares;
    return Float64Array.from(
      { length: squares.length / width },
      (_, row) => squares.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b) / width,
    );
  }
  if (metric === "rmse") return null;
  // "loss" is computed from logits, so that nothing is clipped; a float32 holds no probability below this one but 0.
  const least = metric === "loss" ? 2 ** -149 : 0;
  const minusLog = (p: number) => -Math.log(least > 0 ? Math.max(p, least) : clip(p));
  const width = labels.classes.length;
  if (labels.problemType === "single_label_classification")
    return Float64Array.from(labels.ids, (id, row) =>
      metric === "accuracy"
        ? Number(argMax(outputs, row * width, width) === id)
        : minusLog(outputs[row * width + id]),
    );
  const { values } = labels;
  const rowOf = (row: number): number => {
    if (metric === "accuracy") return Number(isWholeRow(outputs, values, width, row));
    let total = 0;
    for (let i = row * width; i < (row + 1) * width; i++)
      total +=
        metric === "loss"
          ? values[i] * minusLog(outputs[i]) + (1 - values[i]) * minusLog(1 - outputs[i])
          : minusLog(values[i] >= 0.5 ? outputs[i] : 1 - outputs[i]);
    return total / width;
  };
  return Float64Array.from({ length: values.length / width }, (_, row) => rowOf(row));
}
