import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TrialRecord } from "../../src/sweep/record";
import { fakeEpoch } from "../sweep/fakeRecord";
import { pairedRecord, rightWrong } from "../sweep/pairedRecords";
import { judgeSearch, type Searched } from "./judgeSearch";

const RATES: Record<number, number> = { [-1]: 2e-4, 4: 1e-3, 5: 3e-3 };

const shareOf = (text: string) => [...text].filter((letter) => letter === "+").length / text.length;

/** Of a trial, at any rate. */
const SECONDS: Record<number, number> = { [-1]: 8, 4: 2, 5: 2 };

/** Trials of what each seed gets right. */
function trials(t: TestContext, depths: Record<string, string[]>, rate?: number): TrialRecord[] {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-judge-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return Object.entries(depths).flatMap(([n, seeds]) =>
    seeds.map((text, seed) =>
      pairedRecord(folder, rightWrong(text), {
        trial: `freeze n=${n} lr=${rate ?? RATES[Number(n)]} seed=${seed}`,
        n: Number(n),
        seed,
        learningRate: rate ?? RATES[Number(n)],
        settings: { learningRate: rate ?? RATES[Number(n)] },
        frozenSeconds: 0,
        epochs: [
          fakeEpoch({
            trainSeconds: SECONDS[Number(n)],
            evalSeconds: 0,
            metrics: { accuracy: shareOf(text) },
          }),
        ],
      }),
    ),
  );
}

const searched = (n: number, given: Partial<Searched> = {}): Searched => ({
  n,
  learningRate: RATES[n],
  seconds: 6,
  cpuSeconds: 11,
  none: { seconds: 12, cpuSeconds: 20 },
  ...given,
});

const of = (records: TrialRecord[], n: number) => records.filter((trial) => trial.n === n);

const [ALL, FEW_WRONG, MANY_WRONG] = [
  "+".repeat(40),
  `${"+".repeat(39)}-`,
  `${"+".repeat(20)}${"-".repeat(20)}`,
];

test("A search that names the grid's depth and rate agrees, and regrets nothing.", (t) => {
  const grid = trials(t, { [-1]: [ALL, ALL], 4: [FEW_WRONG, ALL], 5: [MANY_WRONG, MANY_WRONG] });
  const verdict = judgeSearch(searched(4), grid, of(grid, 4));
  assert.deepEqual(verdict.grid, { n: 4, learningRate: 1e-3 });
  assert.deepEqual(verdict.search, verdict.grid);
  assert.equal(verdict.seeds, 2);
  assert.equal(verdict.difference, null);
  assert.equal(verdict.regret, 0);
  assert.equal(verdict.agrees, true);
});

test("One that names another depth agrees where the same rows cannot tell them apart, and its regret is in standard errors.", (t) => {
  const grid = trials(t, { [-1]: [FEW_WRONG], 4: [ALL], 5: [MANY_WRONG] });
  const { difference, regret, agrees, grid: chosen } = judgeSearch(searched(-1), grid, of(grid, -1));
  assert.equal(chosen.n, 4);
  assert.ok(difference && Math.abs(difference.mean + 1 / 40) < 1e-12);
  assert.ok(difference.low < 0 && difference.high === 0);
  assert.equal(regret, -difference.mean / difference.standardError);
  assert.ok(regret > 0.9 && regret < 1.1);
  assert.equal(agrees, true);
});

test("One that is worse on the same rows does not agree, and one that is better regrets nothing.", (t) => {
  const grid = trials(t, { [-1]: [ALL], 4: [FEW_WRONG], 5: [MANY_WRONG] });
  const worse = judgeSearch(searched(5), grid, of(grid, 5));
  assert.equal(worse.agrees, false);
  assert.ok(worse.difference!.mean < -0.4);
  assert.ok(worse.regret > 4);
  const better = judgeSearch(searched(-1), grid, of(grid, -1));
  assert.equal(better.grid.n, 4);
  assert.ok(better.difference!.mean > 0);
  assert.equal(better.regret, 0);
});

test("The grid's depth at a worse rate agrees by its depth, but the regret shows.", (t) => {
  const grid = trials(t, { [-1]: [ALL], 4: [ALL], 5: [MANY_WRONG] });
  const tried = trials(t, { 4: [MANY_WRONG] }, 5e-5);
  const { agrees, regret } = judgeSearch(searched(4, { learningRate: 5e-5 }), grid, tried);
  assert.equal(agrees, true);
  assert.ok(regret > 4);
});

test("A choice that was not tried with all of the grid's seeds is refused.", (t) => {
  const grid = trials(t, { [-1]: [ALL, ALL], 4: [ALL, ALL], 5: [MANY_WRONG, MANY_WRONG] });
  assert.throws(() => judgeSearch(searched(5), grid, of(grid, 5).slice(1)), {
    message: "expected the search's choice with the grid's 2 seeds, got 1 of them",
  });
});

test("Time is counted in fine-tunings with nothing frozen: the search's in the one timed after it, the grid's in its own.", (t) => {
  const grid = [
    ...trials(t, { [-1]: [ALL, ALL], 4: [ALL, ALL], 5: [ALL, ALL] }),
    ...trials(t, { [-1]: [ALL], 4: [ALL] }, 5e-5),
  ];
  const { none, noneCpu, sweep, grid: whole } = judgeSearch(searched(5), grid, of(grid, 5)).time;
  // Of one seed: 8, 2 and 2 s at one rate, and another 8 and 2 at the other.
  assert.deepEqual([none, noneCpu, 0.5 / sweep, 0.5 / whole], [0.5, 0.55, 1.5, 2.75]);
});
