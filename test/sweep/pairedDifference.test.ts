import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../src/random";
import { bootstrapScores } from "../../src/sweep/bootstrapScores";
import { pairedDifference } from "../../src/sweep/pairedDifference";
import { weightedScore } from "../../src/sweep/weightedScore";
import { classified, meanOf, measured } from "./statisticsData";

/** Within so much of each other, of the larger. */
const near = (actual: number, expected: number, share: number, what = "") =>
  assert.ok(
    Math.abs(actual - expected) <= share * Math.abs(expected),
    `${what}: expected ${expected}, got ${actual}`,
  );

/** The spread of the difference between two lists of scores, one for each seed. */
function spread(ours: ArrayLike<number>[], theirs: ArrayLike<number>[]) {
  const draws = bootstrapScores([...ours, ...theirs].map(meanOf));
  return pairedDifference(draws.slice(0, ours.length), draws.slice(ours.length))!;
}

describe("pairedDifference", () => {
  // NumPy and SciPy on the same rows, 200,000 resamples: standard error, then 2.5 % and 97.5 %.
  for (const [metric, error, low, high] of [
    ["accuracy", 0.0452989547450698, -0.07, 0.11],
    ["f1", 0.05582779076644051, -0.08173083643988821, 0.13796997038770234],
    ["mcc", 0.09317203768753078, -0.1390558779215513, 0.2266570160889404],
    ["logLoss", 0.030742821785831168, -0.08859799302004544, 0.03185526820654018],
    ["rocAuc", 0.036676759881755026, -0.05033249394262044, 0.09394288105450355],
    ["rmse", 0.03846884064207496, -0.19724008325480355, -0.04612188022456322],
  ] as const)
    it(`gives the spread that NumPy's resamples have: ${metric}`, () => {
      const { labels, ours, theirs } = metric === "rmse" ? measured : classified;
      const scores = [ours, theirs].map((outputs) => weightedScore(metric, outputs, labels)!);
      const [a, b] = bootstrapScores(scores);
      const found = pairedDifference([a], [b])!;
      assert.equal(found.draws, 10_000);
      near(found.standardError, error, 0.03, "standard error");
      // Ends of an interval are known to a fraction of the standard error, and those of accuracy lie a row apart.
      assert.ok(Math.abs(found.low - low) < 0.12 * error, `low ${found.low}`);
      assert.ok(Math.abs(found.high - high) < 0.12 * error, `high ${found.high}`);
    });

  it("comes to sd / √rows for the mean of one seed, where the unpaired spread is that of either by itself", () => {
    const random = new Random("hard rows");
    const hard = Array.from({ length: 300 }, () => random.normal());
    const [a, b] = [0, 1].map(() => hard.map((value) => value + 0.2 * random.normal()));
    const differences = a.map((value, i) => value - b[i]);
    const { standardError } = spread([a], [b]);
    near(standardError, sd(differences) / Math.sqrt(300), 0.03);
    assert.ok(standardError < Math.hypot(sd(a), sd(b)) / Math.sqrt(300) / 3);
  });

  it("is as wide as the spread of fresh rows and fresh seeds, be seeds two or five", () => {
    for (const seeds of [2, 5]) {
      const random = new Random("fresh", seeds);
      const variances: number[] = [];
      const means: number[] = [];
      for (let table = 0; table < 150; table++) {
        const ofRow = Array.from({ length: 40 }, () => 0.5 * random.normal());
        const values = Array.from({ length: seeds }, () => {
          const ofSeed = 0.2 * random.normal();
          return ofRow.map((value) => value + ofSeed + 0.1 * random.normal());
        });
        const zeros = values.map((row) => row.map(() => 0));
        means.push(mean(values.map(mean)));
        const draws = bootstrapScores([...values, ...zeros].map((row) => ({ ...meanOf(row), work: 2000 })));
        variances.push(pairedDifference(draws.slice(0, seeds), draws.slice(seeds))!.standardError ** 2);
      }
      const truth = 0.5 ** 2 / 40 + 0.2 ** 2 / seeds + 0.1 ** 2 / (40 * seeds);
      near(mean(variances), truth, 0.15, `${seeds} seeds`);
      near(sd(means) ** 2, truth, 0.3, "as the tables were made");
    }
  });

  it("calls seeds that pull apart uncertain, however many rows agree", () => {
    const rows = Array.from({ length: 2000 }, (_, i) => (i % 2 ? 0.1 : -0.1));
    const up = rows.map((value) => value + 0.5);
    const zeros = rows.map(() => 0);
    const certain = spread([up, up], [zeros, zeros]);
    const torn = spread([up, rows], [zeros, zeros]);
    assert.ok(certain.standardError < 0.01);
    // Of two seeds with differences 0.5 and 0 the mean is known to |0.5 - 0| / 2.
    near(torn.standardError, 0.25, 0.03);
  });

  it("pairs seed by seed: what a seed does to both settings cancels", () => {
    const rows = Array.from({ length: 200 }, (_, i) => (i % 5) / 5);
    const shifted = (by: number) => rows.map((value) => value + by);
    const { standardError } = spread([shifted(1), shifted(9)], [shifted(0), shifted(8)]);
    assert.ok(standardError < 1e-12);
  });

  it("is 0 wide between equals, and mirrored where the two change places", () => {
    const { labels, ours, theirs } = classified;
    const [a, b] = bootstrapScores([ours, theirs].map((outputs) => weightedScore("f1", outputs, labels)!));
    assert.deepEqual(pairedDifference([a], [a]), { standardError: 0, low: 0, high: 0, draws: 10_000 });
    const [there, back] = [pairedDifference([a, b], [b, b])!, pairedDifference([b, b], [a, b])!];
    near(back.standardError, there.standardError, 1e-9);
    near(back.low, -there.high, 1e-9);
  });

  it("leaves out resamples that have no score, and is null where none has", () => {
    const scores = Float64Array.from({ length: 1000 }, (_, i) => (i % 4 === 0 ? Number.NaN : i % 3));
    const zeros = new Float64Array(1000);
    assert.equal(pairedDifference([scores], [zeros])!.draws, 750);
    assert.equal(pairedDifference([scores.fill(Number.NaN)], [zeros]), null);
  });
});

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const sd = (values: number[]) => {
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1));
};
