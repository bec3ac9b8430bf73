import assert from "node:assert/strict";
import { test } from "node:test";
import { assertClose } from "../close";
import { agreement, agreements } from "./agreement";
import { fakeSweep } from "./fakeRounds";

test("The standard error of the difference comes of both sides' variances over the seeds, n - 1 in the denominator.", () => {
  // Variances 0.0004 and 0.0001, three seeds a side.
  const { kit, peer, difference, standardError } = agreement("", [0.78, 0.8, 0.82], [0.74, 0.75, 0.76]);
  assertClose([kit, peer, difference], [0.8, 0.75, 0.05], 1e-12);
  assertClose([standardError], [Math.sqrt(0.0004 / 3 + 0.0001 / 3)], 1e-12);
});

test("Sides agree up to two standard errors, whichever is ahead.", () => {
  const kit = [0.78, 0.8, 0.82];
  const shifted = (by: number) => [0.74, 0.75, 0.76].map((x) => x + 0.05 + by);
  const two = 2 * Math.sqrt(0.0005 / 3);
  for (const sign of [-1, 1]) {
    assert.equal(agreement("", kit, shifted(sign * two * 0.99)).agrees, true);
    assert.equal(agreement("", kit, shifted(sign * two * 1.01)).agrees, false);
  }
});

test("A sweep is compared depth by depth, and by each seed's mean over the depths.", () => {
  const kit = [fakeSweep([0.9, 0.5]), fakeSweep([0.8, 0.7])];
  const peer = [fakeSweep([0.9, 0.2]), fakeSweep([0.8, 0.2])];
  const all = agreements({ kit, peer });
  assert.deepEqual(
    all.map(({ what, agrees }) => [what, agrees]),
    [
      ["N = 0", true],
      ["N = 1", false],
      ["mean over all N", false],
    ],
  );
  assertClose([all[1].difference, all[2].difference], [0.4, 0.2], 1e-12);
  // Means over the depths: 0.7 and 0.75, 0.55 and 0.5; each variance 0.00125, two seeds.
  assertClose([all[2].standardError], [Math.sqrt(0.00125)], 1e-12);
});

test("One seed, or one side, tells nothing of the spread, so nothing is claimed.", () => {
  const one = [fakeSweep([0.9])];
  assert.deepEqual(agreements({ kit: one, peer: one }), []);
  assert.deepEqual(agreements({ kit: [...one, ...one], peer: [] }), []);
});
