import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { depthsToTry } from "../../src/search/depthsToTry";

describe("depthsToTry", () => {
  it("takes all of eight depths or fewer, the deepest first", () => {
    assert.deepEqual(depthsToTry([-1, 0, 1, 2, 3, 4, 5, 6]), [6, 5, 4, 3, 2, 1, 0, -1]);
    assert.deepEqual(depthsToTry([3, -1, 3]), [3, -1]);
  });

  it("of more takes the two deepest and some at even distances down to nothing frozen", () => {
    assert.deepEqual(depthsToTry([...Array(14).keys()].map((i) => i - 1)), [12, 11, 8, 6, 4, 2, 0, -1]);
    assert.deepEqual(depthsToTry([...Array(26).keys()].map((i) => i - 1)), [24, 23, 16, 12, 8, 4, 0, -1]);
  });

  it("of a list of somebody's takes those that are nearest to them", () => {
    assert.deepEqual(depthsToTry([24, 21, 18, 15, 12, 9, 6, 3, 0]), [24, 21, 15, 12, 9, 3, 0]);
  });
});
