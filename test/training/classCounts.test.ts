import assert from "node:assert/strict";
import { test } from "node:test";
import { f1Of, noCounts, scoresOfCounts } from "../../src/training/classCounts";

const counts = (real: number[], said: number[], hits: number[]) => ({
  real: Float64Array.from(real),
  said: Float64Array.from(said),
  hits: Float64Array.from(hits),
});

test("Of two classes f1 is that of the second; correlation is Matthews' own formula.", () => {
  // 7 right of the second class, 2 of the first taken for it, 1 of it missed, 10 of the first right.
  const { f1, mcc } = scoresOfCounts(counts([12, 8], [11, 9], [10, 7]));
  assert.equal(f1, 14 / 17);
  assert.ok(Math.abs(mcc - (7 * 10 - 2 * 1) / Math.sqrt(9 * 8 * 12 * 11)) < 1e-12);
});

test("Of more classes f1 is the mean over those that occur or are said.", () => {
  const { f1 } = scoresOfCounts(counts([2, 2, 0, 0], [3, 0, 1, 0], [2, 0, 0, 0]));
  assert.ok(Math.abs(f1 - (4 / 5 + 0 + 0) / 3) < 1e-12);
});

test("Where one class is all there is, correlation is 0, and f1 of a class that is nowhere too.", () => {
  assert.deepEqual(scoresOfCounts(counts([5, 0], [5, 0], [5, 0])), { f1: 0, mcc: 0 });
  assert.equal(f1Of(0, 0, 0), 0);
  assert.deepEqual([...noCounts(3).hits], [0, 0, 0]);
});
