import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Labels } from "../../src/data/labels";
import { useEngine } from "../../src/engine/useEngine";
import { rowLosses } from "../../src/sweep/rowLosses";
import { rowScores } from "../../src/sweep/rowScores";
import { evaluateLogits } from "../../src/training/evaluate";
import type { LossChoice } from "../../src/training/loss";
import { toProbabilities } from "../../src/training/predict";
import { fakeLabels } from "./fakePredictions";

before(() => useEngine("cpu"));

const CASES: [Labels["problemType"], LossChoice & (string | object)][] = [
  ["single_label_classification", "focal"],
  ["single_label_classification", { name: "focal", gamma: 0.5 }],
  ["single_label_classification", "ordinal"],
  ["multi_label_classification", { name: "focal", gamma: 3 }],
  ["regression", "smoothL1"],
  ["regression", { name: "smoothL1", beta: 0.3 }],
];

test("The mean over the rows is what evaluating by that loss gives.", async () => {
  for (const [problemType, loss] of CASES) {
    const classes = ["a", "b", "c"];
    const labels = fakeLabels({ problemType, classes, rows: 20 });
    const logits = Float32Array.from({ length: 60 }, (_, i) => Math.sin(7 * i) * 3);
    const model = { numLabels: 3, problemType };
    const { loss: expected } = await evaluateLogits(logits, labels, model as never, [], loss);
    const outputs = toProbabilities(logits, 3, problemType);
    const losses = rowScores("loss", outputs, labels, loss)!;
    assert.equal(losses.length, 20);
    const mean = losses.reduce((a, b) => a + b) / 20;
    assert.ok(
      Math.abs(mean - expected) < 1e-5,
      `${problemType} ${JSON.stringify(loss)}: ${expected}, got ${mean}`,
    );
  }
});

test("The usual losses are those of rowScores, and of another nothing is known.", () => {
  const labels = fakeLabels({ rows: 4 });
  const outputs = new Float32Array(12).fill(1 / 3);
  assert.deepEqual(rowScores("loss", outputs, labels, "crossEntropy"), rowScores("loss", outputs, labels));
  assert.equal(rowLosses({ name: "hinge" }, outputs, labels), null);
  assert.equal(rowScores("loss", outputs, labels, "smoothL1"), null);
});
