import { firstNotFinite } from "../check";
import { batchRows } from "../data/batches";
import type { Dataset, Rows } from "../data/Rows";
import { autocast, type Precision } from "../engine/autocast";
import { FrostError } from "../errors";
import { greatest } from "../extremes";
import type { Classifier } from "../models/Classifier";
import type { ProblemType } from "../models/Parts";
import { Pass } from "../nn/Pass";
import { checkArguments } from "../options/checkArguments";
import type { FloatTypeName } from "../options/floatType";
import { type ReadOptions, readOptions } from "../options/readOptions";
import type { OPTIONS } from "../options/table";
import { argMax } from "./argMax";
import { FROM_ROWS, forwardRows, type Start } from "./forwardRows";
import { nextTurn } from "./nextTurn";
import { explainOutOfMemory } from "./outOfMemory";
import { checkPerToken, readRows } from "./readRows";
import { Stoppable } from "./Stoppable";
import { whyNotFinite } from "./whyNotFinite";

/** What a model says of rows. */
export interface Predictions {
  /** `[rows · labels]`: the probability of each class or label, or the predicted value in a regression. */
  probabilities: Float32Array;
  /** Per row: the likeliest class, the labels above one half or the values, joined by spaces. */
  labels: string[];
}

/** How rows are predicted. */
export interface PredictOptions {
  /** Rows at a time. Default: 64. */
  batchSize?: number;
  /**
   * Of matrix products: "bf16" reads their factors in bfloat16, "fp16" in float16, where training scales the loss so that its
   * gradients fit; both on engine tensorflow. All else is float32, convolutions too. Default: "fp32".
   */
  precision?: FloatTypeName;
  /** Stops between two batches. */
  signal?: AbortSignal;
  /** Told how many rows of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

export type PredictSettings = ReadOptions<PredictOptions, (typeof OPTIONS)["predict"]>;

/**
 * What the model says of each row, in the rows' order.
 *
 * @throws InputError for rows that the model cannot take, a FrostError where what it says of a row is no finite number
 * @example
 * ```ts
 * const { labels, probabilities } = await predict(model, test);
 * ```
 */
export async function predict(
  model: Classifier,
  dataset: Dataset,
  options: PredictOptions = {},
): Promise<Predictions> {
  const settings = readOptions("predict", options);
  checkArguments("predict", { model, dataset });
  const rows = readRows("predict", model, dataset);
  checkPerToken("predict", model, rows);
  rows.checkReading("predict", model.trainedOn);
  const logits = await allLogits(model, rows, settings);
  const probabilities = toProbabilities(logits, model.numLabels, model.problemType);
  return { probabilities, labels: toLabels(probabilities, model) };
}

/** Logits of all rows, [rows · labels] in the rows' order, for the function `name`. */
export async function allLogits(
  model: Classifier,
  rows: Rows,
  { batchSize, precision, signal, onProgress }: PredictSettings,
  name = "predict",
): Promise<Float32Array> {
  const run = logitsOf(model, rows, batchSize, undefined, precision);
  const stoppable = new Stoppable({ name, work: "at work", signal });
  stoppable.begin();
  try {
    let turn = await run.next();
    for (; !turn.done; turn = await run.next()) {
      stoppable.throwIfStopped();
      onProgress?.(turn.value, rows.count);
    }
    return turn.value;
  } catch (error) {
    throw explainOutOfMemory(error, batchSize, [rows], null);
  } finally {
    stoppable.end();
  }
}

/** Throws a FrostError that names the first row without finite logits, and what that comes from. */
async function checkFinite(
  logits: Float32Array,
  model: Classifier,
  rows: Rows,
  precision: Precision,
): Promise<void> {
  const at = firstNotFinite(logits);
  if (at < 0) return;
  const row = rows.rowOf(Math.floor(at / model.numLabels));
  const why = await whyNotFinite(model, rows, Int32Array.of(row), precision);
  throw new FrostError(
    `expected finite logits, got ${logits[at]} in row ${row}${why ? `: ${why}` : ""}; ` +
      `${precision === "fp16" ? "try precision bf16 or fp32, or look" : "look"} at the model's weights and this row`,
  );
}

/** The same batch by batch, also from cached features. Yields how many rows are done; throws where a logit is not finite. */
export async function* logitsOf(
  model: Classifier,
  rows: Rows,
  batchSize: number,
  start: Start = FROM_ROWS,
  precision: Precision = "fp32",
): AsyncGenerator<number, Float32Array> {
  const { numLabels } = model;
  const logits = new Float32Array(rows.outputs * numLabels);
  let done = 0;
  for (const batch of batchRows(rows.lengths, { batchSize })) {
    const forward = () => forwardRows(model, rows, batch, start, new Pass());
    const value = autocast(precision, forward);
    const values = (await value.tensor.data()) as Float32Array;
    value.tensor.dispose();
    rows.targets(batch).forEach((target, r) => {
      if (target >= 0) logits.set(values.subarray(r * numLabels, (r + 1) * numLabels), target * numLabels);
    });
    done += batch.length;
    yield done;
    await nextTurn();
  }
  await checkFinite(logits, model, rows, precision);
  return logits;
}

/** Softmax over classes, a sigmoid per label, or the values as they are. */
export function toProbabilities(
  logits: Float32Array,
  numLabels: number,
  problemType: ProblemType,
): Float32Array {
  if (problemType === "regression") return logits;
  if (problemType === "multi_label_classification") return logits.map((z) => 1 / (1 + Math.exp(-z)));
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += numLabels) {
    const row = logits.subarray(start, start + numLabels);
    const largest = greatest(row);
    const powers = Array.from(row, (z) => Math.exp(z - largest));
    const total = powers.reduce((a, b) => a + b);
    probabilities.set(
      powers.map((power) => power / total),
      start,
    );
  }
  return probabilities;
}

/** What is said of each row: see `Predictions`. */
export function toLabels(
  probabilities: Float32Array,
  { numLabels, problemType, classes }: Pick<Classifier, "numLabels" | "problemType" | "classes">,
): string[] {
  return Array.from({ length: probabilities.length / numLabels }, (_, row) => {
    const start = row * numLabels;
    if (problemType === "regression") return probabilities.subarray(start, start + numLabels).join(" ");
    if (problemType === "single_label_classification")
      return classes[argMax(probabilities, start, numLabels)];
    return classes.filter((_, i) => probabilities[start + i] >= 0.5).join(" ");
  });
}
