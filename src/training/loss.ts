import * as tf from "@tensorflow/tfjs-core";
import { labelWidth } from "../data/labelWidth";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from "../nn/loss";
import type { Pass, Value } from "../nn/Pass";
import { classWeightsOf } from "./classWeightsOf";

export interface LossOptions {
  /**
   * Weight of each class in the loss, in the order of the logits, or "balanced": rows / (classes · rows of the class). Default:
   * all 1.
   */
  classWeights?: number[] | "balanced";
  /** Share of a label that is spread evenly over all classes (Szegedy et al. 2016). Default: 0. */
  labelSmoothing?: number;
}

/** The loss of a batch: the mean over its rows, as Transformers computes it for the model's problem type. */
export interface Loss {
  /** What rows weigh together; the loss of several batches is their weighted mean. */
  weight(rows: ArrayLike<number>): number;
  /** Σ of the rows' weighted losses divided by `total`, a scalar. */
  forward(pass: Pass, logits: Value, rows: ArrayLike<number>, total: number): Value;
}

export function lossOf(labels: Labels, options: LossOptions = {}): Loss {
  if (labels.problemType === "regression") {
    for (const name of ["classWeights", "labelSmoothing"] as const)
      if (options[name])
        throw new InputError(`${name}: expected none, since a regression has no classes; leave it out`);
    return regressionLoss(labels.values, labelWidth(labels));
  }
  const classes = labels.classes.length;
  const weights = classWeightsOf(labels, options.classWeights);
  const smoothing = options.labelSmoothing ?? 0;
  if (labels.problemType === "multi_label_classification")
    return multiLabelLoss(labels.values, classes, weights, smoothing);
  return singleLabelLoss(labels.ids, classes, weights, smoothing);
}

function singleLabelLoss(ids: Int32Array, classes: number, weights: number[], smoothing: number): Loss {
  return {
    weight: (rows) => sum(rows, (row) => weights[ids[row]]),
    forward(pass, logits, rows, total) {
      // As torch.nn.CrossEntropyLoss: the smoothed part of a row weighs each class by that class's own weight.
      const target = new Float32Array(rows.length * classes);
      for (let r = 0; r < rows.length; r++) {
        for (let c = 0; c < classes; c++)
          target[r * classes + c] = (weights[c] * smoothing) / classes / total;
        const id = ids[rows[r]];
        target[r * classes + id] += (weights[id] * (1 - smoothing)) / total;
      }
      return softmaxCrossEntropy(pass, logits, tf.tensor2d(target, [rows.length, classes]));
    },
  };
}

function multiLabelLoss(values: Float32Array, labels: number, weights: number[], smoothing: number): Loss {
  return {
    weight: (rows) => rows.length * labels,
    forward(pass, logits, rows, total) {
      const size = rows.length * labels;
      const target = new Float32Array(size);
      const weight = new Float32Array(size);
      for (let i = 0; i < size; i++) {
        const label = i % labels;
        const value = values[rows[Math.floor(i / labels)] * labels + label];
        target[i] = value * (1 - smoothing) + smoothing / 2;
        weight[i] = weights[label] / total;
      }
      const shape: [number, number] = [rows.length, labels];
      return sigmoidCrossEntropy(pass, logits, tf.tensor2d(target, shape), tf.tensor2d(weight, shape));
    },
  };
}

function regressionLoss(values: Float32Array, targets: number): Loss {
  return {
    weight: (rows) => rows.length * targets,
    forward(pass, logits, rows, total) {
      const target = new Float32Array(rows.length * targets);
      for (let i = 0; i < target.length; i++)
        target[i] = values[rows[Math.floor(i / targets)] * targets + (i % targets)];
      const shape: [number, number] = [rows.length, targets];
      return squaredError(pass, logits, tf.tensor2d(target, shape), tf.fill(shape, 1 / total));
    },
  };
}

const sum = (rows: ArrayLike<number>, term: (row: number) => number): number => {
  let total = 0;
  for (let i = 0; i < rows.length; i++) total += term(rows[i]);
  return total;
};
