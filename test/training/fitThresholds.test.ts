import assert from "node:assert/strict";
import { test } from "node:test";
import type { Labels } from "../../src/data/textDataset";
import { Random } from "../../src/random";
import { f1Of } from "../../src/training/classCounts";
import { fitThresholds } from "../../src/training/fitThresholds";
import { labelsAbove } from "../../src/training/labelsAbove";
import { metrics } from "../../src/training/metrics";

const several = (classes: string[], ...values: number[]): Labels => ({
  problemType: "multi_label_classification",
  classes,
  values: Float32Array.from(values),
});
const two = (...ids: number[]): Labels => ({
  problemType: "single_label_classification",
  classes: ["ham", "spam"],
  ids: Int32Array.from(ids),
});
const pairs = (...second: number[]) => Float32Array.from(second.flatMap((p) => [1 - p, p]));

/** F1 where what is at least as probable is said. */
function f1At(score: ArrayLike<number>, truth: ArrayLike<number>, threshold: number): number {
  const yes = Array.from(score, (p) => p >= threshold);
  const count = (fits: (row: number) => boolean) => yes.filter((_, row) => fits(row)).length;
  return f1Of(
    count((row) => yes[row] && truth[row] === 1),
    count((row) => yes[row]),
    count((row) => truth[row] === 1),
  );
}

test("Of two classes one threshold parts the second from the first, halfway between two probabilities", () => {
  const labels = two(1, 1, 0, 1, 0, 0);
  const outputs = pairs(0.5, 0.375, 0.25, 0.25, 0.125, 0);
  const { thresholds, f1 } = fitThresholds(outputs, labels);
  assert.deepEqual(thresholds, [0.1875]);
  assert.deepEqual(f1, [6 / 7]);
  assert.deepEqual(labelsAbove(outputs, ["ham", "spam"], thresholds), [
    ...["spam", "spam", "spam", "spam"],
    ...["ham", "ham"],
  ]);
});

test("No threshold does better: all of them are tried, on random probabilities with ties", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random(seed, "thresholds");
    const rows = 1 + random.integer(30);
    const values = Array.from({ length: rows * 2 }, () => (random.uniform() < 0.3 ? 1 : 0));
    const outputs = Float32Array.from({ length: rows * 2 }, () => random.integer(12) / 12);
    const { thresholds, f1 } = fitThresholds(outputs, several(["a", "b"], ...values));
    for (const c of [0, 1]) {
      const score = outputs.filter((_, i) => i % 2 === c);
      const truth = values.filter((_, i) => i % 2 === c);
      const best = Math.max(...[...score, 2].map((threshold) => f1At(score, truth, threshold)));
      assert.equal(f1[c], best);
      assert.equal(f1At(score, truth, thresholds[c]), best);
    }
  }
});

test("Thresholds of several labels raise the macro F1 that 0.5 gives, to the mean of what is said", () => {
  const random = new Random(0, "macro");
  const values = Array.from({ length: 300 }, () => (random.uniform() < 0.2 ? 1 : 0));
  const outputs = Float32Array.from(values, (value) => 0.4 * value + 0.4 * random.uniform());
  const labels = several(["a", "b", "c"], ...values);
  const { thresholds, f1 } = fitThresholds(outputs, labels);
  const mean = f1.reduce((a, b) => a + b) / 3;
  assert.ok(mean > metrics(outputs, labels).f1);
  const said = labelsAbove(outputs, ["a", "b", "c"], thresholds);
  const asOutputs = Float32Array.from(
    said.flatMap((row) => ["a", "b", "c"].map((name) => (row.split(" ").includes(name) ? 1 : 0))),
  );
  assert.ok(Math.abs(metrics(asOutputs, labels).f1 - mean) < 1e-12);
});

test("A label of every row is said from 0 on, one that no row has stays at 0.5", () => {
  const { thresholds, f1 } = fitThresholds(
    Float32Array.of(0.5, 0.5, 0.25, 0.75),
    several(["all", "none"], 1, 0, 1, 0),
  );
  assert.deepEqual(
    [thresholds, f1],
    [
      [0, 0.5],
      [1, 0],
    ],
  );
});

test("What thresholds cannot be fitted on is told", () => {
  const refused = (call: () => unknown, message: string) =>
    assert.throws(call, { name: "InputError", message });
  refused(
    () => fitThresholds(Float32Array.of(1), { problemType: "regression", values: Float32Array.of(1) }),
    "fitThresholds: expected several labels a row, or two classes, got a regression",
  );
  refused(
    () => fitThresholds(Float32Array.of(1, 0, 0), { ...two(0), classes: ["a", "b", "c"] } as Labels),
    "fitThresholds: expected several labels a row, or two classes, got 3 classes",
  );
  refused(
    () => fitThresholds(pairs(0.5), two(0, 1)),
    "fitThresholds: expected 4 outputs for 2 rows of 2 labels, got 2",
  );
  refused(
    () => fitThresholds(pairs(0.5, Number.NaN), two(0, 1)),
    "fitThresholds: expected finite outputs, got NaN in row 1",
  );
  refused(
    () => labelsAbove(pairs(0.5), ["a", "b", "c"], [0.5]),
    "labelsAbove: expected 3 thresholds, one for each of a, b, c, got 1",
  );
  refused(
    () => labelsAbove(Float32Array.of(0.5), ["a", "b"], [0.5]),
    "labelsAbove: expected rows of 2 outputs, got 1 outputs",
  );
});
