import assert from "node:assert/strict";
import { test } from "node:test";
import { formatN, trialName, trialTitle } from "../../src/text/trialTitle";

test("Depth -1 is written none", () => {
  assert.deepEqual([-1, 0, 12].map(formatN), ["none", "0", "12"]);
});

test("A trial is called by its depth, or by its recipe, which has none", () => {
  const lora = { strategy: "lora4", n: -1, recipe: { recipe: "lora" } };
  assert.deepEqual([{ strategy: "freeze", n: 3 }, { strategy: "freeze", n: -1 }, lora].map(trialTitle), [
    "N = 3",
    "N = none",
    "lora4",
  ]);
  assert.equal(trialName({ ...lora, seed: 2 }), "lora4, seed 2");
  const at = { learningRate: 5e-5, seed: 2 };
  assert.equal(trialName({ ...lora, ...at }), "lora4, rate 5e-5, seed 2");
  assert.equal(trialName({ strategy: "freeze", n: -1, ...at }), "N = none, rate 5e-5, seed 2");
});
