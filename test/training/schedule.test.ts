import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { scheduleAt } from "../../src/training/schedule";

const over = (steps: number[], schedule: Parameters<typeof scheduleAt>[0], warmup = 2) =>
  steps.map((step) => scheduleAt(schedule, step, 10, warmup));

describe("scheduleAt", () => {
  it("rises from 0 in a line while warming up, whatever comes after", () => {
    for (const schedule of ["linear", "cosine", "constant"] as const)
      assert.deepEqual(over([0, 1, 2], schedule), [0, 0.5, 1]);
  });

  it("falls to 0 along a line", () => assert.deepEqual(over([2, 4, 6, 10], "linear"), [1, 0.75, 0.5, 0]));

  it("falls to 0 along half a cosine", () => {
    const [start, middle, end] = over([2, 6, 10], "cosine");
    assert.equal(start, 1);
    assert.ok(Math.abs(middle - 0.5) < 1e-12 && Math.abs(end) < 1e-12);
  });

  it("stays when it is constant", () => assert.deepEqual(over([2, 6, 9], "constant"), [1, 1, 1]));

  it("begins at full rate without warm-up", () => assert.equal(scheduleAt("linear", 0, 10, 0), 1));

  it("does not rise again beyond the last step", () => {
    assert.deepEqual(over([12], "linear"), [0]);
    assert.ok(over([12], "cosine")[0] < 1e-12);
  });
});
