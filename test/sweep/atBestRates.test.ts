import assert from "node:assert/strict";
import { test } from "node:test";
import { atBestRates } from "../../src/sweep/atBestRates";
import { summarize } from "../../src/sweep/summarize";
import { atRate } from "./atRate";
import { fakeRecord } from "./fakeRecord";

test("The trials of each depth's and recipe's best rate are left, all seeds of it.", () => {
  const trial = (n: number, rate: number, seed: number, accuracy: number) =>
    atRate(rate, { n, seed, accuracy });
  const lora = (rate: number, accuracy: number) =>
    atRate(rate, { strategy: "lora", n: -1, accuracy, recipe: { recipe: "lora" } });
  const records = [
    ...[trial(-1, 5e-5, 0, 0.9), trial(-1, 5e-5, 1, 0.8), trial(-1, 1e-3, 0, 0.8), trial(-1, 1e-3, 1, 0.8)],
    ...[trial(3, 5e-5, 0, 0.7), trial(3, 1e-3, 0, 0.8)],
    ...[lora(5e-5, 0.6), lora(1e-3, 0.5)],
  ];
  assert.deepEqual(
    atBestRates(records, summarize(records)).map(({ trial }) => trial),
    [0, 1, 5, 6].map((i) => records[i].trial),
  );
});

test("Of a single rate, or none that is known, all trials are left.", () => {
  for (const records of [[0, 1].map((n) => fakeRecord({ n })), [0, 1].map((n) => atRate(1e-3, { n }))])
    assert.deepEqual(atBestRates(records, summarize(records)), records);
});
