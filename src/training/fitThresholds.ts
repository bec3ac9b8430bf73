import { firstNotFinite } from "../check";
import type { Labels } from "../data/labels";
import { labelRows, labelWidth } from "../data/labelWidth";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { checkLabels } from "./checkLabels";
import { f1Of } from "./classCounts";
import { columnOf } from "./columnOf";

/** From which probability on a label is said, and what that comes to. */
export interface Thresholds {
  /** One for each label; of two classes one alone, for the second. What is at least as probable is said. */
  thresholds: number[];
  /** The F1 of each label, or of the second class, on the rows that they were fitted on. */
  f1: number[];
}

/**
 * The thresholds with the highest F1, for each label by itself, so that their mean (`f1`, the macro average) is the highest as well: an
 * exact search, which sorts the probabilities and scans them (Lipton, Elkan and Naryanaswamy 2014). Fit them on out-of-fold
 * probabilities, since on rows that a model was trained on they say nothing of new ones.
 *
 * A threshold lies halfway between the two probabilities that it parts; of equally good ones the highest is taken. It is 0 where it is best to
 * say a label of every row, and 0.5 for a label that no row has.
 *
 * @param outputs probabilities `[rows · labels]`, as `predict` gives them
 * @param labels of several labels a row, or of two classes
 * @throws InputError for other labels, and for outputs that are not one for each row and label, or not finite
 * @example
 * ```ts
 * const classes = ["toxic", "insult"];
 * const labels = { problemType: "multi_label_classification" as const, classes, values: Float32Array.of(1, 0, 0, 0, 1, 1) };
 * const probabilities = Float32Array.of(0.4, 0.1, 0.2, 0.1, 0.45, 0.3); // of three rows that the model was not trained on
 * const { thresholds, f1 } = fitThresholds(probabilities, labels);
 * console.log(f1, labelsAbove(probabilities, classes, thresholds)); // [1, 1] ["toxic", "", "toxic insult"]
 * ```
 */
export function fitThresholds(outputs: Float32Array, labels: Labels): Thresholds;
export function fitThresholds(outputs: Float32Array, labels: Labels, ...more: unknown[]): Thresholds {
  noOptions("fitThresholds", more);
  checkArguments("fitThresholds", { outputs, labels });
  const single = labels.problemType === "single_label_classification";
  if (labels.problemType === "regression" || (single && labels.classes.length !== 2))
    throw new InputError(
      `fitThresholds: expected several labels a row, or two classes, got ${single ? `${labels.classes!.length} classes` : "a regression"}`,
    );
  const width = labelWidth(labels);
  const rows = labelRows(labels);
  checkLabels("fitThresholds", labels, rows);
  if (outputs.length !== rows * width || rows === 0)
    throw new InputError(
      `fitThresholds: expected ${rows * width} outputs for ${rows} rows of ${width} labels, got ${outputs.length}`,
    );
  const at = firstNotFinite(outputs);
  if (at >= 0)
    throw new InputError(
      `fitThresholds: expected finite outputs, got ${outputs[at]} in row ${Math.floor(at / width)}`,
    );
  const truth = labels.problemType === "single_label_classification" ? labels.ids : labels.values;
  const columns = single ? [1] : Array.from({ length: width }, (_, c) => c);
  const best = columns.map((c) => bestThreshold(...columnOf(outputs, truth, width, c)));
  return { thresholds: best.map(({ threshold }) => threshold), f1: best.map(({ f1 }) => f1) };
}

function bestThreshold(score: Float32Array, truth: Float32Array): { threshold: number; f1: number } {
  const order = Int32Array.from(score.keys()).sort((a, b) => score[b] - score[a]);
  const real = truth.reduce((sum, value) => sum + (value >= 0.5 ? 1 : 0), 0);
  let [hits, best] = [0, { threshold: 0.5, f1: 0 }];
  for (const [i, row] of order.entries()) {
    if (truth[row] >= 0.5) hits++;
    const next = i + 1 < order.length ? score[order[i + 1]] : undefined;
    // Rows of the same probability are on one side.
    if (next === score[row]) continue;
    const f1 = f1Of(hits, i + 1, real);
    if (f1 > best.f1) best = { threshold: next === undefined ? 0 : (score[row] + next) / 2, f1 };
  }
  return best;
}
