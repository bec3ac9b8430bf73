import assert from "node:assert/strict";
import { test } from "node:test";
import { baseOf } from "../../src/sweep/againstNone";
import { explainN } from "../../src/sweep/recommendN";
import { summarize } from "../../src/sweep/summarize";
import { fakeEpoch, fakeRecord } from "./fakeRecord";

const epoch = (seconds: number, accuracy: number) =>
  fakeEpoch({ trainSeconds: seconds, evalSeconds: 0, metrics: { accuracy } });
const trial = (n: number, accuracy: number, seconds: number, frozenSeconds: number, megabytes: number) =>
  fakeRecord({
    n,
    accuracy,
    frozenSeconds,
    epochs: [epoch(seconds, accuracy)],
    peakTensorBytes: megabytes * 1e6,
  });

const none = trial(-1, 0.9, 40, 0, 500);
const half = trial(3, 0.89, 9, 1, 200);

test("The base is the depth at which nothing is frozen, and no recipe, which has no depth.", () => {
  const lora = fakeRecord({ strategy: "lora", n: -1, recipe: { recipe: "lora" } });
  assert.equal(baseOf(summarize([none, half, lora]))!.n, -1);
  assert.equal(baseOf(summarize([half, lora])), undefined);
});

test("The recommended depth is compared with fine-tuning everything: score, time, memory and what the rows can tell.", () => {
  assert.equal(
    explainN([none, half]).comparison,
    "N = 3 keeps 98.9 % of the accuracy (0.8900 ± 0.0156 of 0.9000 ± 0.0150), saves 75 % of the time (10.0 of 40.0 s) and 60 % of " +
      "the memory (200 of 500 MB) of fine-tuning everything. ± is one standard error: what 400 validation rows and 1 seed can tell.",
  );
});

test("More than all is reached, not kept, and more time is taken, not saved.", () => {
  const slower = trial(0, 0.91, 41, 1, 510);
  assert.match(
    explainN([none, slower]).comparison!,
    /^N = 0 reaches 101\.1 % of the accuracy .*, takes 105 % of the time \(42\.0 of 40\.0 s\) and 102 % of the memory/,
  );
  assert.match(
    explainN([none, { ...slower, peakTensorBytes: 250e6 }]).comparison!,
    /, takes 105 % of the time .* and saves 50 % of the memory/,
  );
});

test("Where the frozen pass was read from disk, the comparison says that a first run takes more.", () => {
  const cached = { ...half, frozenFrom: "cache" as const };
  const said =
    " Its frozen pass was read from disk, where an earlier run had left it: a first run takes more of both. ±";
  assert.ok(explainN([none, cached]).comparison!.includes(said));
  assert.ok(!explainN([none, half]).comparison!.includes("read from disk"));
});

test("What a depth would take by itself counts the frozen passes of the depths before it, which the sweep spared it.", () => {
  const comparison = (records: (typeof none)[]) => explainN(records).comparison;
  const shallower = trial(1, 0.5, 20, 2.5, 300);
  assert.match(comparison([none, shallower, half])!, /\(10\.0 of 40\.0 s; 12\.5 s in a run of its own\)/);
  // Two seeds share one pass, so a trial's mean holds half of it.
  const twoSeeds = [none, shallower, half].flatMap((record) => [
    record,
    { ...record, seed: 1, trial: `${record.trial} again`, frozenSeconds: 0 },
  ]);
  assert.match(comparison(twoSeeds)!, /\(9\.5 of 40\.0 s; 12\.5 s in a run of its own\)/);
  // What was read from disk was computed in another sweep, at a cost that is not known here.
  assert.match(comparison([none, { ...shallower, frozenFrom: "cache" }, half])!, /\(10\.0 of 40\.0 s\)/);
});

test("Of errors, where less is better, both are told and no share is made of them.", () => {
  const records = [none, half].map((record, i) => ({
    ...record,
    accuracy: null,
    epochs: [fakeEpoch({ metrics: { rmse: 1.5 - i / 2 } })],
  }));
  assert.match(
    explainN(records, { metric: "rmse" }).comparison!,
    /^N = 3 has rmse 1\.0000 for 1\.5000, takes 110 % .* MB\) of fine-tuning everything\.$/,
  );
});

test("Without the base, or where it is the one to recommend, nothing is compared.", () => {
  assert.equal(explainN([half, trial(4, 0.7, 1, 1, 100)]).comparison, null);
  assert.equal(explainN([none, trial(4, 0.7, 1, 1, 100)]).comparison, null);
});
