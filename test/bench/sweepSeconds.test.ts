import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";
import { sweepSeconds } from "./sweepSeconds";

const trial = (n: number, learningRate: number, frozenSeconds: number, seconds: number) =>
  fakeRecord({
    n,
    learningRate,
    frozenSeconds,
    epochs: [
      fakeEpoch({ trainSeconds: seconds, evalSeconds: 1 }),
      fakeEpoch({ trainSeconds: 0, evalSeconds: 1 }),
    ],
  });

const trials = [
  trial(-1, 5e-5, 0, 10),
  trial(-1, 2e-4, 0, 14),
  trial(-1, 5e-4, 0, 11),
  trial(4, 5e-4, 3, 2),
  trial(4, 1e-3, 0, 2),
  trial(4, 3e-3, 0, 8),
];

test("A sweep takes what all its trials take: frozen passes, training and evaluation.", () => {
  assert.equal(sweepSeconds(trials), 12 + 16 + 13 + (3 + 4) + 4 + 10);
  assert.equal(sweepSeconds([]), 0);
});

test("At one rate it takes the median of each depth's rates, and the frozen pass that the first of them made for all.", () => {
  assert.equal(sweepSeconds(trials, "one rate"), 13 + (3 + 4));
});
