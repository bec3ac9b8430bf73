import * as tf from "@tensorflow/tfjs-core";
import { shown } from "../check";
import { labelWidth } from "../data/labelWidth";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { byAutodiff } from "../nn/byAutodiff";
import {
  sigmoidCrossEntropy,
  sigmoidFocal,
  smoothL1,
  softmaxCrossEntropy,
  softmaxFocal,
  squaredEarthMover,
  squaredError,
} from "../nn/loss";
import type { Pass, Value } from "../nn/Pass";
import { type StepArray, type StepArrays, tensorOf } from "../nn/StepArrays";
import type { LOSSES } from "../options/words";
import { classWeightsOf } from "./classWeightsOf";

/** The losses by name. */
export type LossName = (typeof LOSSES)[number];

/** A loss of the user's own: that of each row [rows], from logits [rows, labels] and what is true of the rows. */
export type CustomLoss = (logits: tf.Tensor2D, truth: tf.Tensor) => tf.Tensor;

/** A loss by its name, or with a setting of its own. */
export type LossChoice =
  | LossName
  | { name: "focal"; gamma?: number }
  | { name: "smoothL1"; beta?: number }
  | CustomLoss;

export interface LossOptions {
  /**
   * What is minimised: "mse" or "smoothL1" of numbers, "crossEntropy", "focal" (Lin et al. 2017) or "ordinal" (Hou et al. 2016)
   * of one class a row, "bce" or "focal" of several labels; `{ name: "focal", gamma: 1 }` and `{ name: "smoothL1", beta: 0.5 }`
   * set what is 2 and 1 otherwise. In `fineTune` also a function of the logits [rows, labels] and of what is true, a class's
   * number or values [rows, labels], to the loss of each row [rows]. Default: mse, crossEntropy or bce, by what the labels are.
   */
  loss?: LossChoice;
  /**
   * Weight of each class in the loss, in the order of the logits, or "balanced": rows / (classes · rows of the class). Default:
   * all 1.
   */
  classWeights?: number[] | "balanced";
  /** Share of a label that is spread evenly over all classes (Szegedy et al. 2016). Default: 0. */
  labelSmoothing?: number;
}

/** The loss of a batch: the mean over its rows but those that are -1, as PyTorch's function of that name computes it. */
export interface Loss {
  /** What rows weigh together; the loss of several batches is their weighted mean. */
  weight(rows: ArrayLike<number>): number;
  /** What it reads of the rows, by name. */
  arrays(rows: ArrayLike<number>, total: number): StepArrays;
  /** Σ of the rows' weighted losses divided by `total`, a scalar. */
  forward(pass: Pass, logits: Value, rows: ArrayLike<number>, total: number): Value;
}

/** The losses of each kind of labels, the usual one first. */
const LOSSES_OF: Record<Labels["problemType"], readonly LossName[]> = {
  single_label_classification: ["crossEntropy", "focal", "ordinal"],
  multi_label_classification: ["bce", "focal"],
  regression: ["mse", "smoothL1"],
};

/** The loss of rows with these labels; the usual one of their kind, which is Transformers', where none is named. */
export function lossOf(labels: Labels, options: LossOptions = {}): Loss {
  const { loss: choice = LOSSES_OF[labels.problemType][0] } = options;
  if (labels.problemType === "regression" || typeof choice === "function")
    for (const name of ["classWeights", "labelSmoothing"] as const)
      if (options[name])
        throw new InputError(
          `${name}: expected none, since ${labels.problemType === "regression" ? "a regression has no classes" : "a loss of one's own knows of none"}; leave it out`,
        );
  if (typeof choice === "function") return customLoss(labels, choice);
  const settings = typeof choice === "string" ? { name: choice } : choice;
  if (!LOSSES_OF[labels.problemType].includes(settings.name))
    throw new InputError(
      `loss: expected one of ${LOSSES_OF[labels.problemType].join(", ")} for ${labels.problemType}, got ${JSON.stringify(settings.name)}`,
    );
  if (labels.problemType === "regression") return regressionLoss(labels, settings);
  const weights = classWeightsOf(labels, options.classWeights);
  const smoothing = options.labelSmoothing ?? 0;
  if (labels.problemType === "multi_label_classification")
    return multiLabelLoss(labels, weights, smoothing, settings);
  return singleLabelLoss(labels, weights, smoothing, settings);
}

type Settings = Exclude<LossChoice, string | CustomLoss> | { name: LossName };
type Of<Kind extends Labels["problemType"]> = Extract<Labels, { problemType: Kind }>;

/** γ of a focal loss as its paper has it, and β as PyTorch. */
const GAMMA = 2;
const BETA = 1;

export const gammaOf = (settings: object): number =>
  ("gamma" in settings && (settings.gamma as number)) || GAMMA;
export const betaOf = (settings: object): number => ("beta" in settings && (settings.beta as number)) || BETA;

function singleLabelLoss(
  labels: Of<"single_label_classification">,
  weights: number[],
  smoothing: number,
  settings: Settings,
): Loss {
  const { ids, soft } = labels;
  const classes = labels.classes.length;
  const weightOf = weightOfRows(labels);
  // As PyTorch of probabilities, the mean over soft labels is one over the rows, whatever their classes weigh.
  const classWeightOf = (row: number) => (soft ? 1 : row < 0 ? 0 : weights[ids[row]]);
  /** Of each class of a row, whose weight is `scale`, what is true of it, smoothed and times its own weight. */
  const targetOf = (
    rows: ArrayLike<number>,
    scale: number,
    weights: number[],
    weightOf = weightOfRows(labels),
  ) => {
    // As torch.nn.CrossEntropyLoss: the smoothed part of a row weighs each class by that class's own weight.
    const target = new Float32Array(rows.length * classes);
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r];
      if (row < 0) continue;
      const weight = weightOf(row);
      for (let c = 0; c < classes; c++)
        target[r * classes + c] = (weight * weights[c] * smoothing) / classes / scale;
      for (let c = 0; soft && c < classes; c++)
        target[r * classes + c] += (weight * weights[c] * (1 - smoothing) * soft[row * classes + c]) / scale;
      const id = ids[row];
      if (!soft) target[r * classes + id] += (weight * weights[id] * (1 - smoothing)) / scale;
    }
    return target;
  };
  const evenly = new Array<number>(classes).fill(1);
  const isOrdinal = settings.name === "ordinal";
  const arrays = (rows: ArrayLike<number>, total: number) => ({
    target: floats([rows.length, classes], () =>
      isOrdinal ? targetOf(rows, 1, evenly, () => 1) : targetOf(rows, total, weights),
    ),
    weight: floats([rows.length, 1], () =>
      Float32Array.from(rows, (row) => (weightOf(row) * classWeightOf(row)) / total),
    ),
  });
  return {
    weight: (rows) => sum(rows, (row) => weightOf(row) * classWeightOf(row)),
    arrays,
    forward(pass, logits, rows, total) {
      const given = arrays(rows, total);
      const target = tensorOf(given, "target");
      if (settings.name === "focal") return softmaxFocal(pass, logits, target, gammaOf(settings));
      if (!isOrdinal) return softmaxCrossEntropy(pass, logits, target);
      return squaredEarthMover(pass, logits, target, tensorOf(given, "weight"));
    },
  };
}

function multiLabelLoss(
  labels: Of<"multi_label_classification">,
  weights: number[],
  smoothing: number,
  settings: Settings,
): Loss {
  const { values } = labels;
  const width = labels.classes.length;
  const weightOf = weightOfRows(labels);
  const arrays = (rows: ArrayLike<number>, total: number) => ({
    target: ofEach(
      rows,
      width,
      (row, label) => values[row * width + label] * (1 - smoothing) + smoothing / 2,
    ),
    weight: ofEach(rows, width, (row, label) => (weightOf(row) * weights[label]) / total),
  });
  return {
    weight: (rows) => sum(rows, weightOf) * width,
    arrays,
    forward(pass, logits, rows, total) {
      const given = arrays(rows, total);
      const both = [tensorOf(given, "target"), tensorOf(given, "weight")] as const;
      return settings.name === "focal"
        ? sigmoidFocal(pass, logits, ...both, gammaOf(settings))
        : sigmoidCrossEntropy(pass, logits, ...both);
    },
  };
}

function regressionLoss(labels: Of<"regression">, settings: Settings): Loss {
  const { values } = labels;
  const targets = labelWidth(labels);
  const weightOf = weightOfRows(labels);
  const arrays = (rows: ArrayLike<number>, total: number) => ({
    target: ofEach(rows, targets, (row, target) => values[row * targets + target]),
    weight: ofEach(rows, targets, (row) => weightOf(row) / total),
  });
  return {
    weight: (rows) => sum(rows, weightOf) * targets,
    arrays,
    forward(pass, logits, rows, total) {
      const given = arrays(rows, total);
      const both = [tensorOf(given, "target"), tensorOf(given, "weight")] as const;
      return settings.name === "smoothL1"
        ? smoothL1(pass, logits, ...both, betaOf(settings))
        : squaredError(pass, logits, ...both);
    },
  };
}

/** The mean of what a function gives for each row, with the gradient that tfjs finds for it. */
function customLoss(labels: Labels, of: CustomLoss): Loss {
  const width = labelWidth(labels);
  const weightOf = weightOfRows(labels);
  const constantsOf = (rows: ArrayLike<number>) => ({
    truth: truthOf(rows),
    weight: tf.tensor1d(Float32Array.from(rows, weightOf)),
  });
  const truthOf = (rows: ArrayLike<number>): tf.Tensor => {
    if (labels.problemType === "single_label_classification" && !labels.soft)
      return tf.tensor1d(
        Int32Array.from(rows, (row) => (row < 0 ? 0 : labels.ids[row])),
        "int32",
      );
    const all = labels.problemType === "single_label_classification" ? labels.soft! : labels.values;
    const values = new Float32Array(rows.length * width);
    for (let i = 0; i < values.length; i++)
      values[i] = all[rows[Math.floor(i / width)] * width + (i % width)];
    return tf.tensor2d(values, [rows.length, width]);
  };
  return {
    weight: (rows) => sum(rows, weightOf),
    // A function of the user's own may do something else each time.
    arrays: () => ({}),
    forward: (pass, logits, rows, total) =>
      byAutodiff(pass, logits, {}, constantsOf(rows), (x, _, { truth, weight }) => {
        const losses = of(x as tf.Tensor2D, truth);
        if (!tf.util.arraysEqual(losses?.shape ?? [], [rows.length]))
          throw new InputError(
            `loss: expected the loss of each row, a tensor [${rows.length}], got ${losses?.shape ? `[${losses.shape}]` : shown(losses)}`,
          );
        return tf.div(tf.sum(tf.mul(weight, losses)), total);
      }),
  };
}

const floats = (shape: number[], numbers: () => Float32Array): StepArray => ({
  shape,
  dtype: "float32",
  numbers,
});

/** An array [rows, columns]. */
const ofEach = (
  rows: ArrayLike<number>,
  columns: number,
  value: (row: number, column: number) => number,
): StepArray =>
  floats([rows.length, columns], () =>
    Float32Array.from({ length: rows.length * columns }, (_, i) =>
      value(rows[Math.floor(i / columns)], i % columns),
    ),
  );

/** How much a row counts; a token that tells no word is -1 and counts nothing. */
const weightOfRows = ({ weights }: Labels): ((row: number) => number) =>
  weights ? (row) => (row < 0 ? 0 : weights[row]) : (row) => (row < 0 ? 0 : 1);

const sum = (rows: ArrayLike<number>, term: (row: number) => number): number => {
  let total = 0;
  for (let i = 0; i < rows.length; i++) total += term(rows[i]);
  return total;
};
