import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { chooseDepth, type Measured } from "../../src/search/chooseDepth";
import type { Walk } from "../../src/search/searchPolicy";
import type { TrialRecord } from "../../src/sweep/record";
import { pairedRecord, rightWrong } from "../sweep/pairedRecords";

const folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
after(() => rmSync(folder, { recursive: true }));
let runs = 0;

/** 100 rows, of which the first so many are right. */
const rows = (right: number) => rightWrong("+".repeat(right) + "-".repeat(100 - right));

/** Records by depth and rate, with how many of 100 rows each gets right. */
function records(scores: Record<number, Record<string, number>>): TrialRecord[] {
  const out = join(folder, String(++runs));
  return Object.entries(scores).flatMap(([n, rates]) =>
    Object.entries(rates).map(([rate, right]) =>
      pairedRecord(out, rows(right), {
        trial: `freeze n=${n} lr=${rate} seed=0`,
        n: Number(n),
        learningRate: Number(rate),
        settings: { learningRate: Number(rate) },
      }),
    ),
  );
}

const flat: Walk = { stopped: "flat", gains: [{ n: 4, gain: 0.02, standardError: 0.014 }] };

const choose = (scores: Record<number, Record<string, number>>, more: Partial<Measured> = {}) =>
  chooseDepth({
    records: records(scores),
    metric: "accuracy",
    goal: "deepest",
    candidates: [-1, 0, 1, 2, 3, 4, 5, 6],
    walk: flat,
    fits: () => true,
    cost: (n) => (6 - n) / 7,
    ...more,
  });

describe("chooseDepth", () => {
  it("takes the deepest freeze within one standard error of the best, at its best rate", () => {
    const { n, learningRate, sentence } = choose({
      6: { "1e-2": 80, "3e-2": 85 },
      5: { "1e-3": 99, "3e-3": 90 },
      4: { "1e-3": 100 },
    });
    assert.equal(n, 5);
    assert.equal(learningRate, 1e-3);
    assert.match(
      sentence,
      /^N = 5 at 1e-3: the deepest freeze whose mean accuracy \(0\.9900\) is within one standard error of the best, 1\.0000 at N = 4/,
    );
  });

  it("says which depths the rows cannot tell from it, and why no shallower one was tried", () => {
    const { sentence } = choose({ 6: { "1e-2": 80 }, 5: { "1e-3": 99 }, 4: { "1e-3": 100 } });
    assert.match(sentence, / N = 4 cannot be told from it with these 100 rows\./);
    assert.match(
      sentence,
      / Shallower ones were not tried: the step to N = 4 brought 0\.0200 ± 0\.0140, and steps bring less and less\.$/,
    );
  });

  it("says to freeze as deep as possible where the rows tell no depth from another", () => {
    const { n, sentence } = choose({ 6: { "1e-2": 99 }, 5: { "1e-3": 98 }, 4: { "1e-3": 100 } });
    assert.equal(n, 6);
    assert.match(sentence, / These 100 rows cannot tell it from 4 and 5: freeze as deep as N = 6\./);
  });

  it("says that a shallower freeze may do better where the budget ended the search while steps still gained", () => {
    const gains = [{ n: 4, gain: 0.05, standardError: 0.02 }];
    const scores = { 6: { "1e-2": 80 }, 5: { "1e-3": 85 }, 4: { "1e-3": 90 } };
    const { n, sentence } = choose(scores, { walk: { stopped: "budget", gains } });
    assert.equal(n, 4);
    assert.match(
      sentence,
      / A shallower freeze may do better: the step to N = 4 brought 0\.0500 ± 0\.0200, and another would take the search longer than it may\.$/,
    );
    const small = [{ n: 4, gain: 0.01, standardError: 0.02 }];
    assert.match(
      choose(scores, { walk: { stopped: "budget", gains: small } }).sentence,
      /Shallower ones were not tried/,
    );
  });

  it("says that it was stopped", () => {
    assert.match(
      choose({ 6: { "1e-2": 80 }, 5: { "1e-3": 85 } }, { walk: null }).sentence,
      /The search was stopped before its end\.$/,
    );
  });

  it("takes the best score where that is wanted", () => {
    const { n, sentence } = choose(
      { 6: { "1e-2": 80 }, 5: { "1e-3": 99 }, 4: { "1e-3": 100 } },
      { goal: "best" },
    );
    assert.equal(n, 4);
    assert.match(sentence, /^N = 4 at 1e-3: the best accuracy measured \(1\.0000\)\./);
  });

  it("takes the deepest freeze that loses no more than is stated", () => {
    const scores = { 6: { "1e-2": 80 }, 5: { "1e-3": 90 }, 4: { "1e-3": 95 } };
    assert.equal(choose(scores, { goal: { loss: 0.02 } }).n, 4);
    const { n, sentence } = choose(scores, { goal: { loss: 0.05 } });
    assert.equal(n, 5);
    assert.match(
      sentence,
      /^N = 5 at 1e-3: the deepest freeze whose accuracy \(0\.9000\) is within 0\.05 of 0\.9500 at N = 4 at 1e-3\./,
    );
    assert.equal(choose(scores, { goal: { loss: 0.15 } }).n, 6);
  });

  it("takes the best of those that keep to a time, and names those that do not", () => {
    const fits = (n: number) => n >= 5;
    const { n, sentence, depths } = choose(
      { 6: { "1e-2": 80 }, 5: { "1e-3": 90 }, 4: { "1e-3": 95 } },
      { goal: { minutes: 2 }, fits, walk: { stopped: "end", gains: [] } },
    );
    assert.equal(n, 5);
    assert.match(
      sentence,
      /^N = 5 at 1e-3: the best accuracy measured \(0\.9000\) of those that take 2 min or less\./,
    );
    assert.match(sentence, / Left out, since fine-tuning takes longer: N = none, 0, 1, 2, 3 and 4\.$/);
    assert.deepEqual(
      depths.map(({ state, score }) => [state, score]),
      [...Array(6).fill(["dropped", null]), ["measured", 0.9], ["measured", 0.8]],
    );
  });

  it("tells of every depth how its score is known: measured, with its difference on the same rows, or predicted", () => {
    const { depths } = choose({ 6: { "1e-2": 80 }, 5: { "1e-3": 99 }, 4: { "1e-3": 100 } });
    assert.deepEqual(
      depths.map(({ n, state, learningRate }) => [n, state, learningRate]),
      [
        ...[-1, 0, 1, 2, 3].map((n) => [n, "predicted", null]),
        [4, "measured", 1e-3],
        [5, "measured", 1e-3],
        [6, "measured", 1e-2],
      ],
    );
    const [four, five, six] = depths.slice(-3);
    assert.equal(five.difference, null);
    assert.ok(Math.abs(four.difference!.mean - 0.01) < 1e-12 && four.difference!.low <= 0);
    assert.ok(six.difference!.high < 0 && six.difference!.standardError > 0.03);
    assert.deepEqual(
      depths.map(({ cost }) => cost),
      [7, 6, 5, 4, 3, 2, 1, 0].map((left) => left / 7),
    );
  });

  it("predicts that each step up from the shallowest brings half of what the last one did, and none that deepens a loss", () => {
    const { depths } = choose({ 6: { "1e-2": 80 }, 5: { "1e-3": 98 }, 4: { "1e-3": 100 } });
    const predicted = depths.slice(0, 5).map(({ score }) => score!);
    [0.5, 0.25, 0.125].reduce((before, share, i) => {
      const score = predicted[4 - i];
      assert.ok(Math.abs(score - before - 0.02 * share) < 1e-12);
      return score;
    }, 1);
    const loses: Walk = { stopped: "flat", gains: [{ n: 4, gain: -0.03, standardError: 0.01 }] };
    const level = choose({ 6: { "1e-2": 80 }, 5: { "1e-3": 98 }, 4: { "1e-3": 95 } }, { walk: loses });
    assert.deepEqual(
      level.depths.slice(0, 5).map(({ score }) => score),
      Array(5).fill(0.98),
    );
  });

  it("predicts depths between two others along a line", () => {
    const { depths } = choose({ 6: { "1e-2": 80 }, 3: { "1e-3": 95 } });
    assert.ok(Math.abs(depths.find(({ n }) => n === 5)!.score! - 0.85) < 1e-12);
    assert.ok(Math.abs(depths.find(({ n }) => n === 4)!.score! - 0.9) < 1e-12);
  });
});
