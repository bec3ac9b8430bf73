import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { threadCount } from "../../src/engine/threadCount";

test("ONNX Runtime computes with as many threads as OMP_NUM_THREADS says", () => {
  assert.equal(threadCount("1"), 1);
  assert.equal(threadCount(" 3 "), 3);
});

test("Where it says nothing, or no whole number from 1 on, each processor of the process has one", () => {
  for (const wish of [undefined, "", "0", "-1", "1.5", "4,2", "all", "1e99"])
    assert.equal(threadCount(wish), availableParallelism(), wish);
});
