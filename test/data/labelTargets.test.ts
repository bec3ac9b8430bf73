import assert from "node:assert/strict";
import { test } from "node:test";
import { labelTargets } from "../../src/data/labelTargets";

test("A class is 1 and the others 0, for the rows that are asked for, in their order", () => {
  const labels = {
    problemType: "single_label_classification" as const,
    classes: ["a", "b", "c"],
    ids: Int32Array.of(2, 0, 1),
  };
  assert.deepEqual([...labelTargets(labels, [1, 0])], [1, 0, 0, 0, 0, 1]);
});

test("Several labels and numbers are what they are", () => {
  const values = Float32Array.of(1, 0, 0, 1);
  const several = { problemType: "multi_label_classification" as const, classes: ["a", "b"], values };
  assert.deepEqual([...labelTargets(several, [1])], [0, 1]);
  const numbers = { problemType: "regression" as const, values: Float32Array.of(1.5, -2, 3) };
  assert.deepEqual([...labelTargets(numbers, [2, 0])], [3, 1.5]);
});
