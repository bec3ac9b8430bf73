import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatSummary } from "../../src/sweep/formatSummary";
import type { TrialRecord } from "../../src/sweep/record";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { atRate } from "./atRate";
import { fakeRecord } from "./fakeRecord";
import { CURVES } from "./lossCurves";
import { pairedSweep } from "./pairedRecords";

test("The table is aligned, marks the recommended depth and says why.", () => {
  const records = [-1, 0, 10].flatMap((n) =>
    [0, 1].map((seed) =>
      fakeRecord({
        n,
        seed,
        accuracy: n === 10 ? 0.7 : 0.9 - n / 1000 + seed / 100,
        frozenSeconds: n + 1,
        peakTensorBytes: n === -1 ? 100e6 : 60e6,
        trainableParameters: n === -1 ? 11_171_074 : 66_306,
      }),
    ),
  );
  assert.equal(
    formatSummary(summarize(records)),
    `
   N  accuracy ± sd    s/epoch  frozen s  total s  of none  peak MB  of none   trainable
none  0.9060 ± 0.0071    10.00      0.00    10.00    100 %    100.0    100 %  11,171,074
   0  0.9050 ± 0.0071    10.00      1.00    11.00    110 %     60.0     60 %      66,306  <- recommended
  10  0.7000 ± 0.0000    10.00     11.00    21.00    210 %     60.0     60 %      66,306

± is one standard deviation over 2 seeds.

N = 0: the deepest freeze whose mean accuracy (0.9050) is within one standard error (0.0154) of the best: 0.9060 at N = none.

N = 0 keeps 99.9 % of the accuracy (0.9050 ± 0.0155 of 0.9060 ± 0.0154), takes 110 % of the time (11.0 of 10.0 s) and saves 40 % of the memory (60 of 100 MB) of fine-tuning everything. ± is one standard error: what 400 validation rows and 2 seeds can tell.`.slice(
      1,
    ),
  );
});

test("Seconds that went into reading what an earlier run had left have a star, and the table says what it means.", () => {
  const from = { frozenFrom: "cache" as const, frozenSeconds: 0.02 };
  const records = [
    fakeRecord({ n: 0, frozenSeconds: 12.5 }),
    fakeRecord({ n: 1, ...from }),
    fakeRecord({ n: 2, ...from }),
  ];
  const lines = formatSummary(summarize(records)).split("\n");
  assert.deepEqual(
    lines.slice(0, 4).map((line) => line.slice(20, 30)),
    ["  frozen s", "    12.50 ", "     0.02*", "     0.02*"],
  );
  assert.deepEqual(lines.slice(4, 6), [
    "",
    "* read from disk, where an earlier run had left what the frozen part computes: no measure of a first run.",
  ]);
  assert.doesNotMatch(formatSummary(summarize([fakeRecord({ n: 0 }), fakeRecord({ n: 1 })])), /\*/);
});

test("One seed shows no spread.", () => {
  const table = formatSummary(summarize([fakeRecord({ n: 0 }), fakeRecord({ n: 1 })]));
  assert.doesNotMatch(table, /±/);
  assert.match(table, /^N {2}accuracy {2}s\/epoch/);
});

test("Depths with fewer seeds are counted in.", () => {
  const records = [fakeRecord({ n: 0 }), fakeRecord({ n: 1 }), fakeRecord({ n: 1, seed: 1 })];
  const lines = formatSummary(summarize(records)).split("\n");
  assert.match(lines[1], /^0 {2}0\.8000 {13}10\.00/);
  assert.match(lines[2], /^1 {2}0\.8000 ± 0\.0000/);
  assert.ok(lines.includes("± is one standard deviation over 1 to 2 seeds."));
});

test("Several strategies have a column, and one mark among them.", () => {
  const records = ["freeze", "thaw"].flatMap((strategy, s) =>
    [0, 1].map((n) => fakeRecord({ strategy, n, accuracy: 0.8 + s / 100 })),
  );
  const lines = formatSummary(summarize(records)).split("\n");
  assert.deepEqual(
    lines.slice(0, 5).map((line) => line.slice(0, 19)),
    [
      "strategy  N  accura",
      "freeze    0  0.8000",
      "freeze    1  0.8000",
      "thaw      0  0.8100",
      "thaw      1  0.8100",
    ],
  );
  assert.deepEqual(
    lines.filter((line) => line.endsWith("<- recommended")),
    [lines[4]],
  );
});

test("Where depths were tried at several rates a column has the best one of each; a recipe's own rate alone makes none.", () => {
  const lora = fakeRecord({
    ...{ trial: "lora", strategy: "lora", n: -1, accuracy: 0.5 },
    settings: { epochs: 2 },
    recipe: { recipe: "lora", learningRate: 3e-3 } as TrialRecord["recipe"],
  });
  const trials = [5e-5, 1e-3].flatMap((rate, i) =>
    [2, 3].map((n) => atRate(rate, { n, accuracy: n === 2 ? 0.8 - i / 10 : 0.7 + i / 20 })),
  );
  const lines = (records: TrialRecord[]) => formatSummary(summarize(records)).split("\n");
  assert.deepEqual(
    lines([...trials, lora])
      .slice(0, 4)
      .map((line) => line.slice(0, 27).trimEnd()),
    [
      "strategy  N  rate  accuracy",
      "freeze    2  5e-5  0.8000",
      "freeze    3  1e-3  0.7500",
      "lora         3e-3  0.5000",
    ],
  );
  assert.match(lines([...trials.slice(0, 2), lora])[0], /^strategy +N +accuracy /);
  // Depths at different rates, one each, are told apart as well.
  assert.match(lines([trials[0], trials[3]])[0], /^N +rate +accuracy /);
});

test("Undertrained depths are marked, and the table says what that is.", () => {
  const records = [
    fakeRecord({ n: -1, accuracy: 0.9, lossCurve: CURVES.stillFalling }),
    fakeRecord({ n: 0, accuracy: 0.8, lossCurve: CURVES.learnt }),
    fakeRecord({ n: 5, accuracy: 0.6, lossCurve: CURVES.hardlyFallen }),
  ];
  const lines = formatSummary(summarize(records)).split("\n");
  assert.deepEqual(
    lines.slice(1, 4).map((line) => /1,000,000 *(.*)$/.exec(line)![1]),
    ["<- recommended, undertrained", "", "undertrained"],
  );
  assert.equal(
    lines[5],
    "undertrained: at this rate, the highest it was tried at, the training loss has hardly fallen, or falls at the end as steeply as at first.",
  );
  assert.doesNotMatch(formatSummary(summarize(records.slice(1, 2))), /undertrained/);
});

test("Where rows are known one by one a column has each depth's difference to the best and its interval, and a note what is missing.", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-summary-"));
  const right = (count: number) => ["+".repeat(count) + "-".repeat(100 - count)];
  const records = pairedSweep(folder, { "-1": right(80), 0: right(80), 1: right(76), 2: right(40) });
  const lines = formatSummary(summarize(records)).split("\n");
  assert.match(lines[0], /^ {3}N {2}accuracy {2}to the best \[95 %\] +s\/epoch/);
  assert.match(lines[1], /^none {2}0\.8000 {4}0\.0000 \[0\.0000, 0\.0000\] +10\.00/);
  assert.match(lines[2], /^ {3}0 {2}0\.8000 {4}best {24} +10\.00 .*<- recommended$/);
  assert.match(lines[3], /^ {3}1 {2}0\.7600 {4}-0\.0400 \[-0\.0[78]\d{2}, -0\.0\d{3}\] +10\.00/);
  assert.match(lines[4], /^ {3}2 {2}0\.4000 {4}-0\.4000 \[-0\.\d{4}, -0\.\d{4}\] +10\.00/);
  rmSync(join(folder, records.find(({ n }) => n === 1)!.predictions!));
  const [first, ...rest] = formatSummary(summarize(readRecords(join(folder, "records.jsonl")))).split("\n\n");
  assert.match(first, /-0\.4000 \[/);
  assert.match(rest.at(-1)!, /^Depths are judged by .* and not row by row: .*freeze_n=1_seed=0.*ENOENT\.$/);
  rmSync(folder, { recursive: true });
});
