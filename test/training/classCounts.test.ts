import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ClassCounts,
  countRows,
  f1Of,
  noCounts,
  SCORES_OF_COUNTS,
} from "../../src/training/classCounts";

const counts = (real: number[], said: number[], hits: number[]) => ({
  real: Float64Array.from(real),
  said: Float64Array.from(said),
  hits: Float64Array.from(hits),
  squares: 0,
});
const scoresOfCounts = (of: ClassCounts) => ({ f1: SCORES_OF_COUNTS.f1(of), mcc: SCORES_OF_COUNTS.mcc(of) });

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

test("Counts are of rows that count so many times, and begin anew each time.", () => {
  const of = noCounts(3);
  const [ids, said] = [Int32Array.of(0, 1, 2, 2), Int32Array.of(0, 2, 2, 0)];
  countRows(of, ids, said, [2, 1, 0, 3]);
  assert.deepEqual([...of.real], [2, 1, 3]);
  assert.deepEqual([...of.said], [5, 0, 1]);
  assert.deepEqual([...of.hits], [2, 0, 0]);
  assert.equal(of.squares, 1 * 1 + 3 * 4);
  countRows(of, ids, said);
  assert.deepEqual([...of.real, ...of.said, ...of.hits, of.squares], [1, 1, 2, 2, 0, 2, 1, 0, 1, 5]);
});

test("Kappa and Matthews' correlation are 0 where a side has one class only.", () => {
  const of = noCounts(3);
  countRows(of, Int32Array.of(0, 1, 2, 1), Int32Array.of(1, 1, 1, 1));
  assert.equal(SCORES_OF_COUNTS.quadraticKappa(of), 0);
  assert.equal(SCORES_OF_COUNTS.mcc(of), 0);
  countRows(of, Int32Array.of(1, 1), Int32Array.of(1, 1));
  assert.equal(SCORES_OF_COUNTS.quadraticKappa(of), 0);
});
