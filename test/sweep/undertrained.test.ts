import assert from "node:assert/strict";
import { test } from "node:test";
import { undertrained } from "../../src/sweep/undertrained";
import { CURVES } from "./lossCurves";

const said = (lossCurve: number[] | undefined) => undertrained({ lossCurve });
const line = (from: number, to: number, parts = 24) =>
  Array.from({ length: parts + 1 }, (_, i) => from + ((to - from) * i) / parts);

test("A loss that is nearly where it began tells of undertraining, through noise too.", () => {
  assert.equal(said(CURVES.hardlyFallen), "hardly fallen");
  assert.equal(said(CURVES.noisy), "hardly fallen");
  assert.equal(said(line(0.7, 0.68)), "hardly fallen");
  assert.equal(said(line(2, 2)), "hardly fallen");
  // So few rows a step that chance moves the loss more than training does.
  const chance = [
    ...[0.727, 0.642, 0.685, 0.696, 0.715, 0.742, 0.736, 0.696, 0.696, 0.738, 0.738, 0.736, 0.722],
    ...[0.628, 0.671, 0.734, 0.681, 0.68, 0.704, 0.75, 0.714, 0.686, 0.668, 0.757, 0.678],
  ];
  assert.equal(said(chance), "hardly fallen");
});

test("One that has come far tells of it as well where it falls as steeply at the end as at first.", () => {
  assert.equal(said(CURVES.stillFalling), "still falling");
  assert.equal(said(line(2.5, 0.5)), "still falling");
});

test("One that has levelled off does not, however high it stays.", () => {
  assert.equal(said(CURVES.learnt), null);
  assert.equal(said(CURVES.learntNoisy), null);
  // What a hard table lets be learnt, a fifth of the loss, is learnt in the first third.
  const hard = Array.from({ length: 25 }, (_, i) => 0.55 + 0.15 * Math.exp(-i / 3));
  assert.equal(said(hard), null);
});

test("A rate that is too high is no lack of training: the loss rises above where it began.", () => {
  assert.equal(said(CURVES.diverged), null);
  assert.equal(said(line(2, 3)), null);
});

test("Without a curve, or with the beginning of one, nothing is said.", () => {
  assert.equal(said(undefined), null);
  assert.equal(said(CURVES.hardlyFallen.slice(0, 8)), null);
  // Stopped early, at half of the way.
  assert.equal(said(CURVES.hardlyFallen.slice(0, 13)), "hardly fallen");
});
