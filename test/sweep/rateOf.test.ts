import assert from "node:assert/strict";
import { test } from "node:test";
import { rateOf } from "../../src/sweep/rateOf";
import { fakeRecord } from "./fakeRecord";

test("A trial's rate is its recipe's, else that of its settings.", () => {
  const settings = { learningRate: 1e-3 };
  assert.equal(rateOf({ settings }), 1e-3);
  assert.equal(rateOf({ settings, recipe: { recipe: "lora", learningRate: 3e-3 } }), 3e-3);
  assert.equal(rateOf({ settings, recipe: { recipe: "lora" } }), 1e-3);
});

test("Where nobody asked for one, it is the default at the time of the record, or today's.", () => {
  assert.equal(
    rateOf(fakeRecord({ settings: { epochs: 2 }, about: { options: { learningRate: 7e-5 } } })),
    7e-5,
  );
  assert.equal(rateOf(fakeRecord({ settings: { epochs: 2 } })), 5e-5);
  assert.equal(rateOf({ settings: {} }), 5e-5);
});

test("A record without its settings does not say.", () => {
  assert.equal(rateOf(fakeRecord()), null);
});
