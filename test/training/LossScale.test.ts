import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossScale } from "../../src/training/LossScale";
import { gradScalerInPython, noPython } from "../inPython";

/** The scale before each of some steps, of which those named by `overflows` have gradients that are not finite. */
function scales(steps: number, overflows: number[]): number[] {
  const scale = new LossScale();
  return Array.from({ length: steps }, (_, step) => {
    const before = scale.value;
    scale.update(!overflows.includes(step));
    return before;
  });
}

describe("LossScale", () => {
  it("begins at 2^16 and doubles after every 2000 steps in a row that were good", () => {
    const all = scales(6001, []);
    assert.deepEqual(
      [0, 1999, 2000, 3999, 4000, 6000].map((step) => all[step]),
      [...[2 ** 16, 2 ** 16], ...[2 ** 17, 2 ** 17], ...[2 ** 18, 2 ** 19]],
    );
  });

  it("halves after a step whose gradients were not finite, and counts good ones from there anew", () => {
    assert.deepEqual(scales(4, [0, 1]), [2 ** 16, 2 ** 15, 2 ** 14, 2 ** 14]);
    const all = scales(4000, [1500]);
    assert.deepEqual(
      [1500, 1501, 3500, 3501].map((step) => all[step]),
      [2 ** 16, 2 ** 15, 2 ** 15, 2 ** 16],
    );
  });

  it("is exhausted below float16's smallest normal number, after 31 bad steps in a row", () => {
    const scale = new LossScale();
    for (let i = 0; i < 30; i++) scale.update(false);
    assert.equal(scale.value, 2 ** -14);
    assert.equal(scale.exhausted, false);
    scale.update(false);
    assert.equal(scale.exhausted, true);
  });

  it("goes as torch.amp.GradScaler goes", { skip: noPython }, () => {
    const overflows = [0, 1, 7, 1999, 2100, 4101, 4102, 6200];
    assert.deepEqual(scales(8500, overflows), gradScalerInPython(8500, overflows));
  });
});
