import assert from "node:assert/strict";
import { test } from "node:test";
import { greatest, least } from "../src/extremes";

test("The greatest and the least are those of Math, of none, of NaN, and of more values than a call can take", () => {
  for (const values of [[3, -1, 2], [0, -0], [1, Number.NaN, 5], [], [Number.POSITIVE_INFINITY, 1]]) {
    assert.equal(greatest(values), Math.max(...values));
    assert.equal(least(values), Math.min(...values));
  }
  const many = Array.from({ length: 500_000 }, (_, i) => (i * 7919) % 500_009);
  assert.throws(() => Math.max(...many), RangeError);
  assert.equal(greatest(many), 500_008);
  assert.equal(least(new Set(many)), 0);
});
