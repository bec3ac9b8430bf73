import assert from "node:assert/strict";
import { test } from "node:test";
import type { Labels } from "../../src/data/labels";
import { rowScores } from "../../src/sweep/rowScores";
import { metricNames } from "../../src/training/metricNames";
import { metrics } from "../../src/training/metrics";
import { fakePredictions } from "./fakePredictions";

const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;

test("The mean over the rows is the metric, and of squared errors its square, in each kind of task.", () => {
  let compared = 0;
  for (const problemType of [
    "single_label_classification",
    "multi_label_classification",
    "regression",
  ] as const)
    for (let seed = 0; seed < 10; seed++) {
      const { outputs, labels } = fakePredictions({ problemType, seed, rows: 37 });
      const all = metrics(outputs, labels);
      for (const metric of metricNames(labels)) {
        const scores = rowScores(metric, outputs, labels);
        if (!scores) continue;
        assert.equal(scores.length, 37);
        const expected = metric === "rmse" ? all.rmse ** 2 : all[metric];
        assert.ok(Math.abs(mean(scores) - expected) < 1e-9, `${problemType} ${metric}`);
        compared++;
      }
    }
  assert.equal(compared, 50);
});

test("Accuracy says of each row whether it is right; of several labels, whether all are.", () => {
  const one: Labels = {
    problemType: "single_label_classification",
    classes: ["a", "b"],
    ids: Int32Array.of(0, 1, 1),
  };
  assert.deepEqual(
    [...rowScores("accuracy", Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.2, 0.8), one)!],
    [1, 0, 1],
  );
  const flags: Labels = {
    problemType: "multi_label_classification",
    classes: ["a", "b"],
    values: Float32Array.of(1, 0, 1, 1),
  };
  assert.deepEqual([...rowScores("accuracy", Float32Array.of(0.7, 0.2, 0.9, 0.3), flags)!], [1, 0]);
});

test("What is no mean over rows, or not of the task, is null.", () => {
  const { outputs, labels } = fakePredictions();
  for (const metric of ["f1", "mcc", "rocAuc", "rmse", "energy"])
    assert.equal(rowScores(metric, outputs, labels), null);
  const regression = fakePredictions({ problemType: "regression" });
  for (const metric of ["accuracy", "logLoss", "f1"])
    assert.equal(rowScores(metric, regression.outputs, regression.labels), null);
});
