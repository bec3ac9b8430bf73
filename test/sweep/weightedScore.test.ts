import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Labels } from "../../src/data/labels";
import { Random } from "../../src/random";
import { weightedScore } from "../../src/sweep/weightedScore";
import { metricNames } from "../../src/training/metricNames";
import { metrics } from "../../src/training/metrics";
import { scorerNames } from "../../src/training/scorers/scorerOf";
import { fakePredictions } from "./fakePredictions";

/** The table in which each row stands as often as it counts. */
function repeated(outputs: Float32Array, labels: Labels, weights: Uint32Array) {
  const rows = Array.from(weights).flatMap((weight, row) => new Array<number>(weight).fill(row));
  const width = labels.classes?.length ?? 1;
  const taken = (from: Float32Array, size: number) =>
    Float32Array.from(rows.flatMap((row) => [...from.subarray(row * size, (row + 1) * size)]));
  const of: Labels =
    labels.problemType === "single_label_classification"
      ? { ...labels, ids: Int32Array.from(rows, (row) => labels.ids[row]) }
      : { ...labels, values: taken(labels.values, width) };
  return { outputs: taken(outputs, width), labels: of };
}

const kinds = [
  { problemType: "single_label_classification", classes: ["a", "b"] },
  { problemType: "single_label_classification", classes: ["a", "b", "c", "d", "e"] },
  { problemType: "multi_label_classification", classes: ["a", "b", "c"] },
  { problemType: "regression" },
  { problemType: "regression", classes: ["cohesion", "syntax", "phrases"] },
] as const;

describe("weightedScore", () => {
  for (const kind of kinds)
    it(`is what metrics gives of the repeated rows, whatever the weights: ${kind.problemType}, ${"classes" in kind ? kind.classes.length : 0} classes`, () => {
      const random = new Random("weights", JSON.stringify(kind));
      let defined = 0;
      for (let round = 0; round < 60; round++) {
        const rows = 5 + random.integer(60);
        const shape = { ...kind, classes: "classes" in kind ? [...kind.classes] : undefined };
        const { outputs, labels } = fakePredictions({
          ...shape,
          rows,
          seed: round,
          skill: random.uniform() * 3,
        });
        // Ties, of which ranks and likeliest classes depend.
        if (round % 3 === 0)
          outputs.forEach((p, i) => {
            outputs[i] = Math.round(4 * p) / 4;
          });
        const weights = Uint32Array.from({ length: rows }, () => random.integer(4));
        weights[0]++;
        const table = repeated(outputs, labels, weights);
        const all = scorerNames(labels).map((name) => name.replace(/<.*>/, labels.classes?.[0] ?? ""));
        const names = [...new Set([...metricNames(labels), ...all])];
        const expected = metrics(table.outputs, table.labels, { metrics: all });
        for (const metric of names) {
          const score = weightedScore(metric, outputs, labels)!;
          assert.equal(score.rows, rows);
          // Where a class is left out, rocAuc is that of the others.
          if (!(metric in expected)) continue;
          const value = score.of(weights);
          assert.ok(
            Math.abs(value - expected[metric]) < 1e-9,
            `${metric}: ${expected[metric]}, got ${value}`,
          );
          defined++;
        }
      }
      assert.ok(defined >= 60);
    });

  it("has the loss beside the metrics: squared error, and cross entropy that is not clipped", () => {
    const ones = (rows: number) => new Uint32Array(rows).fill(1);
    const regression = fakePredictions({ problemType: "regression", rows: 30 });
    const { rmse } = metrics(regression.outputs, regression.labels);
    const loss = weightedScore("loss", regression.outputs, regression.labels)!.of(ones(30));
    assert.ok(Math.abs(loss - rmse ** 2) < 1e-9);
    const labels: Labels = {
      problemType: "single_label_classification",
      classes: ["a", "b"],
      ids: Int32Array.of(0, 1),
    };
    const sure = Float32Array.of(1e-20, 1, 0.25, 0.75);
    const value = weightedScore("loss", sure, labels)!.of(ones(2));
    assert.ok(Math.abs(value - (20 * Math.LN10 - Math.log(0.75)) / 2) < 1e-5);
    const flags: Labels = {
      problemType: "multi_label_classification",
      classes: ["a", "b"],
      values: Float32Array.of(1, 0),
    };
    const both = weightedScore("loss", Float32Array.of(0.5, 0.25), flags)!.of(ones(1));
    assert.ok(Math.abs(both + (Math.log(0.5) + Math.log(0.75)) / 2) < 1e-9);
  });

  it("averages rocAuc over the classes that a resample has, and is NaN where it has one alone", () => {
    const labels: Labels = {
      problemType: "single_label_classification",
      classes: ["a", "b", "c"],
      ids: Int32Array.of(0, 1, 2, 0, 1),
    };
    const { outputs } = fakePredictions({ rows: 5 });
    const score = weightedScore("rocAuc", outputs, labels)!;
    const two = score.of(Uint32Array.of(1, 1, 0, 1, 1));
    assert.ok(two >= 0 && two <= 1);
    assert.ok(Number.isNaN(score.of(Uint32Array.of(1, 0, 0, 2, 0))));
  });

  it("is null for a metric that the task has not", () => {
    const of = (kind: (typeof kinds)[number], metric: string) => {
      const { outputs, labels } = fakePredictions({ problemType: kind.problemType });
      return weightedScore(metric, outputs, labels);
    };
    for (const metric of ["accuracy", "f1", "mcc", "rocAuc", "logLoss", "energy"])
      assert.equal(of(kinds[3], metric), null);
    for (const metric of ["mcc", "rmse", "energy", "macroF1:a", "rocAuc:z"])
      assert.equal(of(kinds[2], metric), null);
    for (const metric of ["rmse", "energy"]) assert.equal(of(kinds[0], metric), null);
  });
});
