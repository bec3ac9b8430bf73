import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { summarize } from "../../src/sweep/summarize";
import { fakeEpoch, fakeRecord } from "./fakeRecord";

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
  assert.deepEqual(
    { ...row, accuracy: null, score: null },
    {
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
