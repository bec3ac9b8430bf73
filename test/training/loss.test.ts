import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { Labels } from "../../src/data/textDataset";
import { Pass } from "../../src/nn/Pass";
import { type LossOptions, lossOf } from "../../src/training/loss";
import { onEveryEngine } from "../onEveryEngine";

const logits = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.5],
  [-2, 0, 1],
  [0, 3, 0.5],
];
const single: Labels = {
  problemType: "single_label_classification",
  classes: ["a", "b", "c"],
  ids: Int32Array.of(2, 0, 1, 2),
};
const multi: Labels = {
  problemType: "multi_label_classification",
  classes: ["a", "b", "c"],
  values: Float32Array.of(1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0),
};

function lossAt(labels: Labels, rows: number[], options?: LossOptions, values = logits): number {
  const mean = lossOf(labels, options);
  return tf.tidy(() => {
    const pass = new Pass();
    const x = pass.input(tf.tensor2d(rows.map((row) => values[row])));
    return mean.forward(pass, x, rows, mean.weight(rows)).tensor.dataSync()[0];
  });
}

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-5, `expected ${expected}, got ${actual}`);

// The expected numbers are PyTorch's: torch.nn.functional's cross_entropy, binary_cross_entropy_with_logits and mse_loss.
onEveryEngine("lossOf", () => {
  it("is PyTorch's mean cross-entropy for single labels", () => {
    close(lossAt(single, [0, 1, 2, 3]), 1.1415371);
    close(lossAt(single, [3, 1]), 1.4879124);
  });

  it("weighs rows by their class as PyTorch does, smoothing too", () => {
    close(lossAt(single, [0, 1, 2, 3], { classWeights: [1, 2, 0.5] }), 1.1206421);
    close(lossAt(single, [0, 1, 2, 3], { labelSmoothing: 0.1 }), 1.1977871);
    close(lossAt(single, [0, 1, 2, 3], { classWeights: [1, 2, 0.5], labelSmoothing: 0.1 }), 1.2084239);
  });

  it("balances classes so that each weighs the same in all", () => {
    const weight = (rows: number[]) => lossOf(single, { classWeights: "balanced" }).weight(rows);
    close(weight([1]), weight([0, 3]));
    close(weight([2]), weight([0, 3]));
    close(weight([0, 1, 2, 3]), 4);
  });

  it("adds up over parts of a batch to the loss of the whole", () => {
    const mean = lossOf(single, { classWeights: [1, 2, 0.5] });
    const whole = [0, 1, 2, 3];
    const parts = tf.tidy(() =>
      [
        [0, 1],
        [2, 3],
      ].map((rows) => {
        const pass = new Pass();
        const x = pass.input(tf.tensor2d(rows.map((row) => logits[row])));
        return mean.forward(pass, x, rows, mean.weight(whole)).tensor.dataSync()[0];
      }),
    );
    close(parts[0] + parts[1], 1.1206421);
  });

  it("is PyTorch's binary cross-entropy for several labels", () => {
    close(lossAt(multi, [0, 1, 2, 3]), 0.7304037);
    close(lossAt(multi, [0, 1, 2, 3], { classWeights: [1, 2, 0.5] }), 0.8084674);
  });

  it("is the mean squared error for a regression", () => {
    const values = [[0.5], [-1], [2], [0]];
    const labels: Labels = { problemType: "regression", values: Float32Array.of(1, 0, 2, -2) };
    close(lossAt(labels, [0, 1, 2, 3], {}, values), (0.25 + 1 + 0 + 4) / 4);
  });

  it("is PyTorch's mse_loss over all targets of a regression", () => {
    const labels: Labels = {
      problemType: "regression",
      classes: ["a", "b", "c"],
      values: Float32Array.of(1, 0, 2, -2, 0.5, 1, 0, 0, 3, 1, 1, 1),
    };
    close(lossAt(labels, [0, 1, 2, 3]), 2.421875);
    close(lossAt(labels, [2, 0]), 1.5416667);
  });

  it("refuses class weights that do not fit", () => {
    const refuses = (labels: Labels, classWeights: LossOptions["classWeights"], message: RegExp) =>
      assert.throws(() => lossOf(labels, { classWeights }), { name: "InputError", message });
    refuses(single, [1, 2], /^classWeights: expected 3 weights of at least 0 for a, b, c, got \[1,2\]/);
    refuses(single, [1, 2, -1], /^classWeights/);
    refuses(multi, "balanced", /"balanced" is for single labels/);
  });
});
