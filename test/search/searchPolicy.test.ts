import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pairedError } from "../../src/search/pairedError";
import type { Race, Walk } from "../../src/search/searchPolicy";
import { type Ask, searchPolicy, type Told } from "../../src/search/searchPolicy";
import { fakePredictions } from "../sweep/fakePredictions";
import { rightWrong } from "../sweep/pairedRecords";

/** What a depth and rate get right of 400 rows: the first so many. */
function scoring(score: number): Told {
  const rows = 400;
  const right = Math.round(score * rows);
  return { ...rightWrong("+".repeat(right) + "-".repeat(rows - right)), score: right / rows };
}

const six = [6, 5, 4, 3, 2, 1, 0, -1];
/** About what trials of six blocks take. */
const cost = (n: number) => ({ 6: 0.004, 5: 0.03, 4: 0.17, 3: 0.31, 2: 0.45, 1: 0.59, 0: 0.73 })[n] ?? 0.75;

/** Answers each ask by `table`, a score by depth and perhaps rate; a number that is missing is a trial that fails. */
function walk(table: (n: number, rate: number) => number | null, race: Partial<Race> = {}) {
  const asked: Ask[] = [];
  const policy = searchPolicy({
    depths: six,
    candidates: six,
    rates: () => [1e-3],
    cost,
    spent: 0.2,
    budget: 0.9,
    goal: "deepest",
    metric: "accuracy",
    ...race,
  });
  let turn = policy.next(null);
  while (!turn.done) {
    const ask = turn.value;
    asked.push(ask);
    const score = table(ask.n, ask.learningRate);
    turn = policy.next(score === null ? null : scoring(score));
  }
  return {
    asked: asked.map(({ n }) => n),
    rates: asked.map(({ learningRate }) => learningRate),
    ...turn.value,
  };
}

const curve = (scores: Record<number, number>) => (n: number) =>
  scores[n] ?? assert.fail(`${n} was asked for`);

describe("searchPolicy", () => {
  it("looks at the deepest third, the cheapest depths, and no further where that is flat", () => {
    const { asked, stopped } = walk(curve({ 6: 0.9, 5: 0.905, 4: 0.905 }));
    assert.deepEqual(asked, [6, 5, 4]);
    assert.equal(stopped, "flat");
  });

  it("goes on while a step gains more than twice its standard error, since the next one gains about half", () => {
    const { asked, stopped, gains } = walk(curve({ 6: 0.6, 5: 0.7, 4: 0.8, 3: 0.81 }));
    assert.deepEqual(asked, [6, 5, 4, 3]);
    assert.equal(stopped, "budget");
    assert.deepEqual(
      gains.map(({ n, gain }) => [n, Number(gain.toFixed(3))]),
      [
        [5, 0.1],
        [4, 0.1],
        [3, 0.01],
      ],
    );
    // 40 of 400 rows won and none lost: √(.1 · .9 / 399).
    assert.ok(Math.abs(gains[0].standardError - 0.015) < 1e-4);
  });

  it("never begins what would not fit the budget, and says that this is why it stopped", () => {
    const { asked, stopped } = walk(curve({ 6: 0.6, 5: 0.7, 4: 0.8 }), { budget: 0.6 });
    assert.deepEqual(asked, [6, 5, 4]);
    assert.equal(stopped, "budget");
    assert.deepEqual(walk(() => 0.5, { budget: 0.2 }).asked, []);
  });

  it("takes what it asked for, and what was spent before, into account", () => {
    let spent = 0.2;
    const { asked } = walk(curve({ 6: 0.3, 5: 0.5, 4: 0.7, 3: 0.9 }));
    for (const n of asked) spent += cost(n);
    assert.ok(spent <= 0.9 && spent + cost(2) > 0.9);
  });

  it("starts each depth at its likeliest rate, and goes on to higher ones where trials are cheap", () => {
    const rates = () => [1e-3, 3e-3, 5e-4];
    const rising = walk((n, rate) => (n === 4 ? 0.9 : 0.5 + 10 * rate), { rates });
    assert.deepEqual(
      rising.asked.map((n, i) => [n, rising.rates[i]]),
      [
        [6, 1e-3],
        [6, 3e-3],
        [5, 1e-3],
        [5, 3e-3],
        [4, 1e-3],
        [3, 1e-3],
      ],
    );
  });

  it("tries lower rates where no higher one is better", () => {
    const rates = () => [1e-3, 3e-3, 5e-4, 2e-4];
    const { asked, rates: tried } = walk((n, rate) => (n === 4 ? 0.95 : 0.6 + 10 * (2e-3 - rate)), {
      rates,
      budget: 0.5,
    });
    const ofSix = tried.filter((_, i) => asked[i] === 6);
    assert.deepEqual(ofSix, [1e-3, 3e-3, 5e-4, 2e-4]);
  });

  it("tries one lower rate at a dear depth that gained nothing, and none where it gained", () => {
    const rates = (n: number) => (n > 4 ? [1e-3] : [1e-3, 3e-3, 5e-4, 2e-4]);
    const low = walk((n, rate) => (n > 4 ? 0.8 : rate === 1e-3 ? 0.5 : 0.9), { rates });
    assert.deepEqual(low.rates, [1e-3, 1e-3, 1e-3, 5e-4, 1e-3]);
    assert.deepEqual(low.asked, [6, 5, 4, 4, 3]);
    const high = walk((n) => (n > 4 ? 0.8 : 0.8075), { rates });
    assert.deepEqual(high.rates, [1e-3, 1e-3, 1e-3]);
  });

  it("goes past a trial that failed, as by a rate that was too high", () => {
    const rates = () => [3e-3, 1e-3];
    const { asked, rates: tried } = walk((n, rate) => (rate === 3e-3 ? null : n === 6 ? 0.7 : 0.71), {
      rates,
    });
    assert.deepEqual(asked, [6, 6, 5, 5, 4, 4]);
    assert.deepEqual(tried, [3e-3, 1e-3, 3e-3, 1e-3, 3e-3, 1e-3]);
  });

  it("goes on where every trial of a depth failed", () => {
    assert.deepEqual(walk((n) => (n === 5 ? null : 0.7)).asked, [6, 5, 4]);
  });

  it("for the best score goes on while steps gain more than a standard error", () => {
    const table = curve({ 6: 0.7, 5: 0.8, 4: 0.805, 3: 0.8 });
    assert.deepEqual(walk(table).asked, [6, 5, 4]);
    assert.deepEqual(walk(table, { goal: "best" }).asked, [6, 5, 4, 3]);
  });

  it("for a stated loss goes on while steps gain more than twice that", () => {
    const table = curve({ 6: 0.7, 5: 0.8, 4: 0.85, 3: 0.9 });
    assert.deepEqual(walk(table, { goal: { loss: 0.03 } }).asked, [6, 5, 4]);
    assert.deepEqual(walk(table, { goal: { loss: 0.02 } }).asked, [6, 5, 4, 3]);
  });

  it("ends at the first depth that the goal has no time for", () => {
    const { asked, stopped } = walk(curve({ 6: 0.6, 5: 0.7 }), { goal: { minutes: 1 }, fits: (n) => n > 4 });
    assert.deepEqual(asked, [6, 5]);
    assert.equal(stopped, "end");
  });

  it("of a metric that is better when lower counts a fall as a gain", () => {
    const values = (error: number): Told => ({
      outputs: Float32Array.from({ length: 100 }, (_, i) => (i % 2 ? error : -error)),
      labels: { problemType: "regression", values: new Float32Array(100) },
      score: error,
    });
    const policy = searchPolicy({
      ...{ depths: six, candidates: six, rates: () => [1e-3], cost, spent: 0, budget: 2 },
      ...{ goal: "deepest", metric: "rmse" },
    });
    const errors: Record<number, number> = { 6: 0.9, 5: 0.8, 4: 0.6, 3: 0.7 };
    const asked: number[] = [];
    let turn = policy.next(null);
    while (!turn.done) {
      asked.push(turn.value.n);
      turn = policy.next(values(errors[turn.value.n]));
    }
    assert.deepEqual(asked, [6, 5, 4, 3]);
    assert.deepEqual(
      (turn.value as Walk).gains.map(({ gain }) => Number(gain.toFixed(2))),
      [0.1, 0.2, -0.1],
    );
  });

  it("takes the error of a loss from the one that was trained by", () => {
    const loss = { name: "focal", gamma: 2 };
    const [first, second] = [1, 2].map(
      (seed): Told => ({ ...fakePredictions({ rows: 120, skill: seed, seed }), score: 1 / seed }),
    );
    const errorOf = (race: Partial<Race>) => {
      const policy = searchPolicy({
        ...{ depths: [1, 0], candidates: [1, 0], rates: () => [1e-3], cost, spent: 0, budget: 2 },
        ...{ goal: "deepest", metric: "loss", ...race },
      });
      policy.next(null);
      policy.next(first);
      const { value } = policy.next(second);
      return (value as Walk).gains[0].standardError;
    };
    assert.equal(errorOf({ loss }), pairedError("loss", second, first, loss));
    assert.notEqual(errorOf({ loss }), errorOf({}));
  });

  it("halves what lies between the best depth and the next deeper one, where depths were passed over", () => {
    const candidates = [...Array(14).keys()].map((i) => i - 1);
    const twelve = (n: number) => 0.004 + 0.06 * Math.max(0, 11 - n);
    const { asked } = walk((n) => (n >= 11 ? 0.6 : n === 8 ? 0.9 : 0.91), {
      depths: [12, 11, 8, 6, 4, 2, 0, -1],
      candidates,
      cost: twelve,
      spent: 0.1,
    });
    assert.deepEqual(asked, [12, 11, 8, 6, 7]);
  });

  it("says which depths may still follow", () => {
    const policy = searchPolicy({
      ...{ depths: six, candidates: six, rates: () => [1e-3], cost, spent: 0, budget: 1 },
      ...{ goal: "deepest", metric: "accuracy" },
    });
    assert.deepEqual((policy.next(null).value as Ask).left, [5, 4, 3, 2, 1, 0, -1]);
  });
});
