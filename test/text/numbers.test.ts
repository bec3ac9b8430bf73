import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatCount,
  formatDifference,
  formatMany,
  formatRate,
  formatScore,
  formatShare,
  gigabytes,
  megabytes,
  percent,
} from "../../src/text/numbers";

test("Thousands are separated, and of one thing there is no plural", () => {
  assert.deepEqual([0, 999, 22_713_216, 2.5].map(formatCount), ["0", "999", "22,713,216", "3"]);
  assert.deepEqual(
    [0, 1, 1200].map((count) => formatMany(count, "seed")),
    ["0 seeds", "1 seed", "1,200 seeds"],
  );
});

test("A score has four decimals, and its error where one is known", () => {
  assert.deepEqual(
    [formatScore(0.84123), formatScore(1, null), formatScore(0.5, 0.00316)],
    ["0.8412", "1.0000", "0.5000 ± 0.0032"],
  );
});

test("A difference has its sign and its interval, and nothing has none", () => {
  assert.deepEqual(
    [
      formatDifference({ mean: -0.012, low: -0.031, high: 0.007 }),
      formatDifference({ mean: 0.5, low: 0, high: -0.00001 }),
    ],
    ["-0.0120 [-0.0310, +0.0070]", "+0.5000 [0.0000, 0.0000]"],
  );
});

test("A learning rate is written as people write it", () => {
  assert.deepEqual([5e-5, 1e-3, 1.5e-3, 0.03, 0.5, 1, 0].map(formatRate), [
    ...["5e-5", "1e-3", "1.5e-3", "3e-2"],
    ...["0.5", "1", "0"],
  ]);
});

test("MB are 10⁶ bytes and GB 10⁹, without the unit", () => {
  assert.deepEqual([megabytes(60e6), megabytes(1_250_000, 1), gigabytes(15.64e9)], ["60", "1.3", "15.6"]);
});

test("A share is a percentage, with a decimal where it is small", () => {
  assert.equal(percent(0.9894), "98.9");
  assert.deepEqual(
    [40, 8.4, 4, 0.2, 42].map((value) => formatShare(value, 40)),
    ["100 %", "21 %", "10 %", "0.5 %", "105 %"],
  );
  assert.equal(formatShare(0, 0), "");
});
