import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { epochOfWeights, type TrialRecord } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { atRate } from "./atRate";
import { fakeEpoch, fakeRecord } from "./fakeRecord";
import { CURVES } from "./lossCurves";

test("A depth's trials become one row: means over seeds, the highest of the peaks.", () => {
  const rows = summarize([
    fakeRecord({
      n: 2,
      seed: 0,
      accuracy: 0.8,
      frozenSeconds: 3,
      epochs: [
        fakeEpoch({ trainSeconds: 10, evalSeconds: 1 }),
        fakeEpoch({ epoch: 2, trainSeconds: 6, evalSeconds: 3 }),
      ],
      peakTensorBytes: 200,
      peakRssBytes: 5000,
    }),
    fakeRecord({
      n: 2,
      seed: 1,
      accuracy: 0.9,
      frozenSeconds: 1,
      epochs: [fakeEpoch({ trainSeconds: 4, evalSeconds: 4 })],
      peakTensorBytes: 300,
      peakRssBytes: 4000,
    }),
  ]);
  const accuracy = {
    mean: (0.8 + 0.9) / 2,
    sd: Math.sqrt(0.005),
    standardError: Math.sqrt(0.005 / 2 + (0.85 * 0.15) / 400),
  };
  const [row] = rows;
  assert.equal(rows.length, 1);
  assert.deepEqual(rounded(row.accuracy!), rounded(accuracy));
  assert.equal(row.score, row.accuracy);
  const { rates, difference, unpaired, ...alone } = row;
  assert.deepEqual(rates, [alone]);
  assert.deepEqual([difference, unpaired], [null, null]);
  assert.deepEqual(
    { ...alone, accuracy: null, score: null },
    {
      learningRate: null,
      strategy: "freeze",
      n: 2,
      recipe: false,
      seeds: 2,
      metric: "accuracy",
      accuracy: null,
      score: null,
      // Each trial's own mean over its epochs first, so that one which stopped early weighs no less.
      trainSeconds: (8 + 4) / 2,
      evalSeconds: (2 + 4) / 2,
      secondsPerEpoch: 9,
      frozenSeconds: 2,
      longestFrozenSeconds: 3,
      frozenFromCache: false,
      totalSeconds: (23 + 9) / 2,
      epochs: 1.5,
      peakTensorBytes: 300,
      peakRssBytes: 5000,
      trainableParameters: 1_000_000,
      totalParameters: 11_000_000,
      validRows: 400,
      undertrained: null,
    },
  );
});

function rounded(numbers: object): object {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Math.round(value * 1e12) / 1e12]),
  );
}

test("Rows rise in depth within a strategy, and strategies stand as they first appear.", () => {
  const records = [3, -1, 10, 0].flatMap((n) => [
    fakeRecord({ n, strategy: "b" }),
    fakeRecord({ n, strategy: "a" }),
  ]);
  assert.deepEqual(
    summarize(records).map((row) => `${row.strategy}${row.n}`),
    ["b-1", "b0", "b3", "b10", "a-1", "a0", "a3", "a10"],
  );
});

test("One seed has no spread; its accuracy still has the error of the rows it was judged on.", () => {
  const [row] = summarize([fakeRecord({ accuracy: 0.9 })]);
  assert.equal(row.accuracy!.sd, null);
  assert.ok(Math.abs(row.accuracy!.standardError! - 0.015) < 1e-12);
});

test("One seed of any other metric has no standard error, several have that of their mean.", () => {
  const trial = (seed: number, f1: number) => fakeRecord({ seed, epochs: [fakeEpoch({ metrics: { f1 } })] });
  const [one] = summarize([trial(0, 0.7)], { metric: "f1" });
  assert.deepEqual(one.score, { mean: 0.7, sd: null, standardError: null });
  const [two] = summarize([trial(0, 0.7), trial(1, 0.5)], { metric: "f1" });
  assert.deepEqual(rounded(two.score), rounded({ mean: 0.6, sd: Math.sqrt(0.02), standardError: 0.1 }));
});

test("A metric is read from the epoch whose weights were kept.", () => {
  const epochs = [0.6, 0.7, 0.65].map((f1, i) => fakeEpoch({ epoch: i + 1, metrics: { f1 } }));
  const score = (more: object) =>
    summarize([fakeRecord({ epochs, ...more })], { metric: "f1" })[0].score.mean;
  assert.equal(score({}), 0.65);
  assert.equal(score({ restoredEpoch: 2 }), 0.7);
});

test("A metric is read from the evaluation within an epoch whose weights were kept.", () => {
  const epochs = [0.6, 0.65].map((f1, i) => fakeEpoch({ epoch: i + 1, metrics: { f1 } }));
  const evaluations = [0.5, 0.6, 0.9, 0.65].map((f1, i) => {
    const { trainSeconds, ...scored } = fakeEpoch({ epoch: (i + 1) / 2, metrics: { f1 } });
    return { ...scored, validLoss: 0.5, step: 3 * (i + 1) };
  });
  const record = (more: object) => fakeRecord({ epochs, evaluations, ...more });
  const score = (more: object) => summarize([record(more)], { metric: "f1" })[0].score.mean;
  assert.equal(score({}), 0.65);
  assert.equal(score({ restoredEpoch: 1.5 }), 0.9);
  assert.equal(score({ restoredEpoch: 1 }), 0.6);
  // What an epoch took stays known.
  assert.equal(epochOfWeights(record({ restoredEpoch: 1.5 })).trainSeconds, epochs[1].trainSeconds);
});

test("Another metric leaves the accuracy in the row; a regression has none.", () => {
  const epochs = [fakeEpoch({ metrics: { accuracy: 0.8, f1: 0.7 } })];
  const [classes] = summarize([fakeRecord({ epochs, accuracy: 0.8 })], { metric: "f1" });
  assert.deepEqual([classes.metric, classes.score.mean, classes.accuracy!.mean], ["f1", 0.7, 0.8]);
  const regression = fakeRecord({ accuracy: null, epochs: [fakeEpoch({ metrics: { rmse: 1.2 } })] });
  const [values] = summarize([regression], { metric: "rmse" });
  assert.deepEqual([values.score.mean, values.accuracy], [1.2, null]);
});

test("A metric no epoch has is refused, with those it does have.", () => {
  const record = fakeRecord({ epochs: [fakeEpoch({ metrics: { accuracy: 0.8, f1: 0.7 } })] });
  assert.throws(
    () => summarize([record], { metric: "auc" }),
    new InputError(
      "metric: trial freeze n=0 seed=0 has no auc to judge by; name one it has: loss, accuracy, f1",
    ),
  );
});

test("Trials of different models, data or settings are not compared, nor one trial with itself.", () => {
  const advice = "compare trials of one sweep, and give each sweep a folder of its own";
  const refuse = (second: Parameters<typeof fakeRecord>[0], message: string) =>
    assert.throws(
      () =>
        summarize([
          fakeRecord({ settings: { epochs: 2 } }),
          fakeRecord({ settings: { epochs: 2 }, ...second }),
        ]),
      new InputError(`records: ${message}; ${advice}`),
    );
  refuse(
    { n: 1, modelHash: "other" },
    "expected one modelHash, got 3f1c9a and other (trial freeze n=1 seed=0)",
  );
  refuse(
    { n: 1, dataHash: "other" },
    "expected one dataHash, got b82e07 and other (trial freeze n=1 seed=0)",
  );
  refuse(
    { n: 1, settings: { epochs: 3 } },
    "expected the same settings in all trials, but freeze n=0 seed=0 and freeze n=1 seed=0 differ",
  );
  refuse({}, "expected each trial once, got freeze n=0 seed=0 twice");
});

test("Settings compare as they are written: in any order, and undefined is left out.", () => {
  const settings = [
    { epochs: 2, batchSize: 8, maxGradNorm: undefined },
    { batchSize: 8, epochs: 2 },
  ];
  assert.equal(summarize(settings.map((each, n) => fakeRecord({ n, settings: each }))).length, 2);
});

test("Two strategies may differ in their settings.", () => {
  const records = ["a", "b"].map((strategy) => fakeRecord({ strategy, settings: { strategy } }));
  assert.equal(summarize(records).length, 2);
});

test("No records make no rows.", () => {
  assert.deepEqual(summarize([]), []);
});

test("A depth says whether one of its trials read features that an earlier run had computed.", () => {
  const [none, some] = summarize([
    fakeRecord({ n: 1 }),
    fakeRecord({ n: 1, seed: 1 }),
    fakeRecord({ n: 2, frozenFrom: "cache" }),
    fakeRecord({ n: 2, seed: 1 }),
  ]);
  assert.deepEqual([none.frozenFromCache, some.frozenFromCache], [false, true]);
});

test("A depth that was tried at several rates is its best one, with all of them beside it, the lowest first.", () => {
  const trial = (n: number, rate: number, seed: number, accuracy: number) =>
    atRate(rate, { n, seed, accuracy });
  const rows = summarize([
    ...[trial(1, 1e-3, 0, 0.9), trial(1, 1e-3, 1, 0.8), trial(1, 5e-5, 0, 0.6), trial(1, 5e-5, 1, 0.7)],
    ...[trial(-1, 1e-3, 0, 0.5), trial(-1, 5e-5, 0, 0.8)],
  ]);
  assert.deepEqual(
    rows.map(({ n, learningRate, seeds, score }) => [n, learningRate, seeds, score.mean.toFixed(3)]),
    [
      [-1, 5e-5, 1, "0.800"],
      [1, 1e-3, 2, "0.850"],
    ],
  );
  assert.deepEqual(
    rows[1].rates.map(({ learningRate, score }) => [learningRate, score.mean.toFixed(3)]),
    [
      [5e-5, "0.650"],
      [1e-3, "0.850"],
    ],
  );
});

test("Of an error the best rate is the one with the least, and of equal rates the lowest.", () => {
  const trial = (rate: number, rmse: number) =>
    atRate(rate, { accuracy: null, epochs: [fakeEpoch({ metrics: { rmse } })] });
  const best = (...trials: TrialRecord[]) => summarize(trials, { metric: "rmse" })[0].learningRate;
  assert.equal(best(trial(1e-3, 0.5), trial(1e-4, 0.4), trial(1e-2, 0.6)), 1e-4);
  assert.equal(best(trial(1e-3, 0.5), trial(1e-4, 0.5)), 1e-4);
});

test("What the rate has no part in, memory and the frozen pass, is that of all trials of a depth; seconds of epochs are the best rate's.", () => {
  // The first rate computes the features that the second one finds.
  const [row] = summarize([
    atRate(1e-4, {
      accuracy: 0.7,
      frozenSeconds: 4,
      peakTensorBytes: 300,
      peakRssBytes: 10,
      frozenFrom: "cache",
      epochs: [fakeEpoch({ trainSeconds: 5, evalSeconds: 1, metrics: { accuracy: 0.7 } })],
    }),
    atRate(1e-3, {
      accuracy: 0.8,
      frozenSeconds: 0,
      peakTensorBytes: 200,
      peakRssBytes: 20,
      epochs: [fakeEpoch({ trainSeconds: 6, evalSeconds: 2, metrics: { accuracy: 0.8 } })],
    }),
  ]);
  assert.equal(row.learningRate, 1e-3);
  assert.deepEqual([row.frozenSeconds, row.longestFrozenSeconds, row.frozenFromCache], [2, 4, true]);
  assert.deepEqual([row.peakTensorBytes, row.peakRssBytes], [300, 20]);
  assert.deepEqual([row.secondsPerEpoch, row.totalSeconds], [8, 10]);
  assert.deepEqual(
    row.rates.map((rate) => [rate.frozenSeconds, rate.totalSeconds]),
    [
      [4, 10],
      [0, 8],
    ],
  );
});

test("Trials may differ in their rate, and in no other setting; one rate and seed stand once.", () => {
  assert.throws(
    () => summarize([atRate(1e-3), atRate(1e-4, { settings: { epochs: 3 } })]),
    /^InputError: records: expected the same settings in all trials, but freeze n=0 lr=0.001 seed=0 and freeze n=0 lr=0.0001 seed=0 differ/,
  );
  assert.throws(
    () => summarize([atRate(1e-3), atRate(1e-3, { trial: "by another name" })]),
    /expected each trial once, got by another name twice/,
  );
});

test("A depth is undertrained where the losses of most of its trials say so, and nobody went higher than its best rate.", () => {
  const trial = (rate: number, seed: number, accuracy: number, curve?: keyof typeof CURVES) =>
    atRate(rate, { seed, accuracy, ...(curve && { lossCurve: CURVES[curve] }) });
  const said = (...trials: TrialRecord[]) => summarize(trials)[0].undertrained;
  assert.equal(said(trial(5e-5, 0, 0.7, "hardlyFallen")), "hardly fallen");
  assert.equal(said(trial(5e-5, 0, 0.7, "learnt")), null);
  assert.equal(said(trial(5e-5, 0, 0.7)), null);
  const two = [trial(5e-5, 0, 0.7, "hardlyFallen"), trial(5e-5, 1, 0.7, "learnt")];
  assert.equal(said(...two), null);
  assert.equal(said(...two, trial(5e-5, 2, 0.7, "noisy")), "hardly fallen");
  assert.equal(
    said(
      ...two,
      ...[2, 3].map((seed) => trial(5e-5, seed, 0.7, "stillFalling")),
      trial(5e-5, 4, 0.7, "stillFalling"),
    ),
    "still falling",
  );
  // At the highest of the rates, or below it.
  const higher = trial(1e-3, 0, 0.9, "stillFalling");
  assert.equal(said(two[0], higher), "still falling");
  assert.equal(said(two[0], trial(1e-3, 0, 0.6, "stillFalling")), null);
  assert.deepEqual(
    summarize([two[0], higher])[0].rates.map((rate) => rate.undertrained),
    ["hardly fallen", "still falling"],
  );
});
