import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figures } from "./contest";
import { fakeRounds } from "./fakeRounds";
import { row } from "./row";

const seconds = ({ seconds }: Figures) => seconds![0];

test("A row's ratio is that of the medians; beside it stand the least and the greatest of a round.", () => {
  const { kit, peer, ratio } = row("a step", fakeRounds([1, 2, 6], [10, 4, 5]), seconds);
  assert.deepEqual(kit, { median: 2, least: 1, greatest: 6 });
  assert.deepEqual(peer, { median: 5, least: 4, greatest: 10 });
  assert.deepEqual(ratio, { median: 2 / 5, least: 1 / 10, greatest: 6 / 5 });
});

test("A ratio's target is met up to its limit.", () => {
  const met = (ratioAtMost: number) => row("", fakeRounds([2], [4]), seconds, { ratioAtMost }).met;
  assert.deepEqual([met(0.49), met(0.5), met(0.51)], [false, true, true]);
});

test("A target for the kit's own figure asks for no peer; a ratio without one is neither met nor missed.", () => {
  const alone = fakeRounds([0.7, 0.8, 0.6]);
  assert.equal(row("", alone, seconds, { kitAtLeast: 0.75 }).met, false);
  assert.equal(row("", alone, seconds, { kitAtLeast: 0.7 }).met, true);
  const { peer, ratio, met } = row("", alone, seconds, { ratioAtMost: 1 });
  assert.deepEqual({ peer, ratio, met }, { peer: null, ratio: null, met: null });
});

test("A figure of the kit's own may also have a limit above.", () => {
  const met = (kitAtMost: number) => row("", fakeRounds([10]), seconds, { kitAtMost }).met;
  assert.deepEqual([met(9), met(10), met(11)], [false, true, true]);
});

test("What has no target is not judged.", () => {
  const { target, met } = row("", fakeRounds([1], [2]), seconds);
  assert.deepEqual({ target, met }, { target: null, met: null });
});
