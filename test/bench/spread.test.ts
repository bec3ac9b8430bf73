import assert from "node:assert/strict";
import { test } from "node:test";
import { median, spread } from "./spread";

test("The median of an odd number of values is the one in the middle, of an even number the mean of two.", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([5, 1, 3, 4]), 3.5);
  assert.equal(median([2]), 2);
});

test("A spread is the median with the least and the greatest; the values keep their order.", () => {
  const values = [10, 9, 100];
  assert.deepEqual(spread(values), { median: 10, least: 9, greatest: 100 });
  assert.deepEqual(values, [10, 9, 100]);
});
