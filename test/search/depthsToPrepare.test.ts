import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { depthsToPrepare } from "../../src/search/depthsToPrepare";
import { depthsToTry } from "../../src/search/depthsToTry";

const upTo = (deepest: number) => depthsToTry([...Array(deepest + 2).keys()].map((i) => i - 1));

describe("depthsToPrepare", () => {
  it("takes those from half of the deepest on, the shallowest first, so that each goes on from the one before", () => {
    assert.deepEqual(depthsToPrepare(upTo(6)), [3, 4, 5, 6]);
    assert.deepEqual(depthsToPrepare(upTo(3)), [2, 3]);
    assert.deepEqual(depthsToPrepare(upTo(12)), [6, 8, 11, 12]);
  });

  it("takes the deepest of a list of somebody's, and nothing where nothing is frozen", () => {
    assert.deepEqual(depthsToPrepare([4, 1, -1]), [4]);
    assert.deepEqual(depthsToPrepare([0, -1]), [0]);
    assert.deepEqual(depthsToPrepare([-1]), []);
  });
});
