import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapScores, drawsOf } from "../../src/sweep/bootstrapScores";
import type { WeightedScore } from "../../src/sweep/weightedScore";
import { meanOf } from "./statisticsData";

test("Each resample draws one row less than there are, with replacement.", () => {
  const seen: number[][] = [];
  const score: WeightedScore = {
    of(weights) {
      if (seen.length < 500) seen.push([...weights]);
      return 0;
    },
    rows: 50,
    work: 1,
  };
  assert.equal(bootstrapScores([score])[0].length, 10_000);
  for (const weights of seen) assert.equal(sum(weights), 49);
  // A row is left out of a resample with probability (1 - 1/50)⁴⁹.
  const left = mean(seen.map((weights) => weights.filter((weight) => weight === 0).length / 50));
  assert.ok(Math.abs(left - (1 - 1 / 50) ** 49) < 0.01, String(left));
  const perRow = Array.from({ length: 50 }, (_, row) => mean(seen.map((weights) => weights[row])));
  assert.ok(
    perRow.every((weight) => Math.abs(weight - 1) < 0.25),
    "no row is drawn more than others",
  );
});

test("Scores that are computed apart are of the same resamples as those that are computed together.", () => {
  const [a, b] = [0, 1].map((k) => meanOf(Array.from({ length: 80 }, (_, i) => Math.sin(i * (k + 1)))));
  const together = bootstrapScores([a, b]);
  assert.deepEqual([...bootstrapScores([b]), ...bootstrapScores([a])], [together[1], together[0]]);
  assert.deepEqual(bootstrapScores([]), []);
});

test("The spread of a mean is that of the formula, sd / √rows.", () => {
  const values = Array.from({ length: 400 }, (_, i) => (i * 7919) % 1000);
  const [draws] = bootstrapScores([meanOf(values)]);
  const [m, e] = [mean(values), mean([...draws])];
  const sd = (list: number[], around: number) => Math.sqrt(mean(list.map((x) => (x - around) ** 2)));
  assert.ok(Math.abs(sd([...draws], e) / (sd(values, m) / 20) - 1) < 0.03);
  assert.ok(Math.abs(e - m) < 1);
});

test("Resamples are fewer where rows and classes are many, and never fewer than 1,000.", () => {
  assert.equal(drawsOf({ rows: 1080, work: 1 }), 10_000);
  assert.equal(drawsOf({ rows: 3000, work: 2 }), 10_000);
  assert.equal(drawsOf({ rows: 10_000, work: 1 }), 5000);
  assert.equal(drawsOf({ rows: 1e6, work: 154 }), 1000);
  const scores = [1, 50].map((work) => ({ ...meanOf(Array.from({ length: 1000 }, (_, i) => i)), work }));
  const [many, few] = bootstrapScores(scores);
  assert.equal(few.length, 1960);
  assert.deepEqual(many.subarray(0, few.length), few);
});

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: number[]) => sum(values) / values.length;
