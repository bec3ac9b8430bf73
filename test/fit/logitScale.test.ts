import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sigmoidScale, softmaxScale } from "../../src/fit/logitScale";
import { Random } from "../../src/random";
import { assertNear } from "./expected";

/** Where scipy finds the least cross-entropy: test/fixtures/fit/make_expected.py. */
const SCALES: {
  name: string;
  kind: "softmax" | "sigmoid";
  values: number[];
  targets: number[];
  shifts: number[];
  scale: number;
}[] = JSON.parse(readFileSync(join(__dirname, "../fixtures/fit/scales.json"), "utf8"));

for (const { name, kind, values, targets, shifts, scale } of SCALES)
  test(`The factor of least cross-entropy is the one that scipy finds: ${name}`, () => {
    const found = kind === "softmax" ? softmaxScale(values, targets, shifts) : sigmoidScale(values, targets);
    assertNear([found], [scale], 1e-6);
  });

test("Logits that are too sure or too unsure by a factor are scaled back by it", () => {
  const random = new Random("logits");
  const values = Array.from({ length: 600 }, () => random.normal());
  const sure = values.map((value) => 3 * value);
  const targets = values.map((_, i) => (random.uniform() < 1 / (1 + Math.exp(-values[i])) ? 1 : 0));
  assertNear([3 * sigmoidScale(sure, targets)], [sigmoidScale(values, targets)], 1e-8);
  const both = values.flatMap((value) => [0, value]);
  const classes = targets.flatMap((target) => [1 - target, target]);
  // Of two classes a softmax is the sigmoid of the difference.
  assertNear([softmaxScale(both, classes, [0, 0])], [sigmoidScale(values, targets)], 1e-8);
});

test("Logits that say the contrary are given no weight, and those that say nothing leave any factor as good", () => {
  assert.equal(sigmoidScale([1, -1, 2], [0, 1, 0]), 0);
  assert.equal(softmaxScale([1, 0, 0, 1], [0, 1, 1, 0], [0, 0]), 0);
  assert.equal(softmaxScale([0.5, 0.5, 0.5, 0.5], [0, 1, 1, 0], [0, 0]), 0);
});

test("Targets that are met without an error and without a doubt end at a number that is finite", () => {
  assert.equal(sigmoidScale([1e-6, -1e-6], [1, 0]), 1e6);
  const doubted = sigmoidScale([1, -1], [0.99, 0.01]);
  assertNear([doubted], [Math.log(99)], 1e-8);
});
