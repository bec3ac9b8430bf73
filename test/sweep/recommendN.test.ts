import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { explainN, recommendN } from "../../src/sweep/recommendN";
import type { TrialRecord } from "../../src/sweep/record";
import { atRate } from "./atRate";
import { fakeEpoch, fakeRecord } from "./fakeRecord";
import { CURVES } from "./lossCurves";

/** One record for each accuracy at each depth: { depth: [accuracy of seed 0, of seed 1, …] }. */
function sweep(accuracies: Record<string, number[]>, more: Partial<TrialRecord> = {}): TrialRecord[] {
  return Object.entries(accuracies).flatMap(([n, values]) =>
    values.map((accuracy, seed) => fakeRecord({ n: Number(n), seed, accuracy, ...more })),
  );
}

/** The same for a regression, by RMSE. */
function regression(rmses: Record<string, number[]>): TrialRecord[] {
  return Object.entries(rmses).flatMap(([n, values]) =>
    values.map((rmse, seed) =>
      fakeRecord({ n: Number(n), seed, accuracy: null, epochs: [fakeEpoch({ metrics: { rmse } })] }),
    ),
  );
}

test("With one seed the error is the binomial one over the validation rows.", () => {
  // sqrt(0.9 · 0.1 / 400) = 0.015: depth 2 is within it, depth 3 is not.
  const records = sweep({ 0: [0.9], 1: [0.87], 2: [0.886], 3: [0.884] });
  const found = explainN(records);
  assert.equal(found.n, 2);
  assert.equal(found.best, 0);
  assert.equal(found.mean, 0.886);
  assert.equal(found.bestMean, 0.9);
  assert.ok(Math.abs(found.standardError! - 0.015) < 1e-12);
});

test("More validation rows allow less loss.", () => {
  const accuracies = { 0: [0.9], 1: [0.89] };
  assert.equal(recommendN(sweep(accuracies, { validRows: 400 })), 1);
  assert.equal(recommendN(sweep(accuracies, { validRows: 40_000 })), 0);
});

test("A depth exactly one standard error below the best is still within it.", () => {
  // sqrt(0.5 · 0.5 / 100) = 0.05, and all these numbers are inexact in binary.
  assert.equal(recommendN(sweep({ 0: [0.5], 4: [0.45] }, { validRows: 100 })), 4);
  assert.equal(recommendN(sweep({ 0: [0.5], 4: [0.4499] }, { validRows: 100 })), 0);
});

test("With several seeds the variance of their mean joins that of the rows, which seeds share.", () => {
  // sd² / 3 = 0.0004 / 3 over seeds and 0.9 · 0.1 / 400 over rows: sqrt(0.000133… + 0.000225) = 0.018930.
  const best = [0.88, 0.9, 0.92];
  const found = explainN(sweep({ 0: best, 1: [0.8812, 0.8812, 0.8812], 2: [0.881, 0.881, 0.881] }));
  assert.ok(Math.abs(found.standardError! - Math.sqrt(0.0004 / 3 + 0.000225)) < 1e-12);
  assert.equal(found.n, 1);
});

test("Seeds that agree to the last digit do not make the rows certain.", () => {
  const found = explainN(sweep({ 0: [0.9, 0.9, 0.9], 1: [0.89, 0.89, 0.89] }));
  assert.ok(Math.abs(found.standardError! - 0.015) < 1e-12);
  assert.equal(found.n, 1);
});

test("The error is that of the best depth, however uncertain the others are.", () => {
  const found = explainN(sweep({ 0: [0.9, 0.9], 1: [0.7, 0.9] }));
  assert.equal(found.n, 0);
  assert.ok(Math.abs(found.standardError! - 0.015) < 1e-12);
});

test("A depth beyond a bad one can be recommended: only its own score counts.", () => {
  assert.equal(recommendN(sweep({ 0: [0.9], 1: [0.6], 2: [0.895], 3: [0.6] })), 2);
});

test("Of equal depths the deepest is recommended.", () => {
  const found = explainN(sweep({ "-1": [0.9], 0: [0.9], 1: [0.9] }));
  assert.equal(found.n, 1);
  assert.equal(found.best, 1);
  assert.equal(found.sentence, "N = 1: the best mean accuracy (0.9000), and the deepest freeze tried.");
});

test("Means of the same numbers in another order are equal, perfect accuracy or not.", () => {
  // Summed in these orders they differ in the last bit, and a perfect score has no binomial error to cover it.
  assert.notEqual(0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1);
  const records = regression({ 0: [0.3, 0.2, 0.1], 1: [0.1, 0.2, 0.3] });
  assert.equal(recommendN(records, { metric: "rmse" }), 1);
  assert.equal(recommendN(sweep({ 0: [1], 1: [1], 2: [0.999] })), 1);
});

test("Where any freezing costs more than chance, -1 is recommended and called none.", () => {
  const found = explainN(sweep({ "-1": [0.9], 0: [0.8], 1: [0.7] }));
  assert.equal(found.n, -1);
  assert.equal(
    found.sentence,
    "N = none: the best mean accuracy (0.9000), and no deeper freeze is within one standard error (0.0150) of it.",
  );
});

test("The order of the records does not matter.", () => {
  const records = sweep({ "-1": [0.9, 0.91], 0: [0.9, 0.9], 3: [0.89, 0.9], 5: [0.7, 0.8] });
  assert.deepEqual(explainN(records.toReversed()), explainN(records));
  assert.equal(recommendN(records), 3);
});

test("A single depth is recommended for want of another.", () => {
  const found = explainN(sweep({ 2: [0.75] }));
  assert.equal(found.n, 2);
  assert.equal(found.sentence, "N = 2: the only depth tried, mean accuracy 0.7500.");
});

test("The sentence names the depth, the error and the best.", () => {
  assert.equal(
    explainN(sweep({ "-1": [0.9], 3: [0.89] })).sentence,
    "N = 3: the deepest freeze whose mean accuracy (0.8900) is within one standard error (0.0150) of the best: 0.9000 at N = none.",
  );
});

test("A regression is judged by the metric named, and of errors less is better.", () => {
  // At depth 0 the sd is 0.1 and the standard error 0.1 / √3 = 0.0577.
  const records = regression({ 0: [0.9, 1, 1.1], 1: [1.05, 1.05, 1.05], 2: [1.06, 1.06, 1.06] });
  const found = explainN(records, { metric: "rmse" });
  assert.equal(found.n, 1);
  assert.equal(found.best, 0);
  assert.equal(found.metric, "rmse");
  assert.ok(Math.abs(found.standardError! - 0.1 / Math.sqrt(3)) < 1e-12);
});

test("The validation loss goes by the name of loss, as in fineTune.", () => {
  const records = [0.5, 0.4, 0.6].map((validLoss, n) =>
    fakeRecord({ n, epochs: [fakeEpoch({ validLoss })] }),
  );
  assert.equal(recommendN(records, { metric: "loss" }), 1);
});

test("One seed of a metric without a formula recommends the best, and says why it goes no deeper.", () => {
  const records = regression({ 0: [1], 1: [0.9], 2: [0.901] });
  const found = explainN(records, { metric: "rmse" });
  assert.equal(found.n, 1);
  assert.equal(found.standardError, null);
  assert.equal(
    found.sentence,
    "N = 1: the best mean rmse (0.9000), and no deeper freeze is level with it (one seed gives no standard error of rmse).",
  );
});

test("Strategies compete: the deepest freeze near the best of all, and at one depth the better strategy.", () => {
  const records = [
    ...sweep({ 0: [0.9], 1: [0.89], 2: [0.8] }),
    ...sweep({ 0: [0.85], 1: [0.892], 2: [0.8] }, { strategy: "thaw" }),
  ];
  const found = explainN(records);
  assert.deepEqual([found.strategy, found.n], ["thaw", 1]);
  assert.match(found.sentence, /^N = 1 \(thaw\): .* 0\.9000 at N = 0 \(freeze\)\.$/);
});

const recipe = (name: string, accuracies: number[]) =>
  accuracies.map((accuracy, seed) =>
    fakeRecord({ trial: `${name} ${seed}`, strategy: name, n: -1, seed, accuracy, recipe: { recipe: name } }),
  );

test("Recipes have no depth: they move no recommended N, and the sentence tells of the best one.", () => {
  const records = [
    ...sweep({ "-1": [0.9], 3: [0.89] }),
    ...recipe("bitFit", [0.7]),
    ...recipe("lora", [0.99]),
    ...recipe("norms", [0.8]),
  ];
  const found = explainN(records);
  assert.deepEqual([found.strategy, found.n, found.best], ["freeze", 3, -1]);
  assert.match(found.sentence, /^N = 3: .* 0\.9000 at N = none\. The best recipe, lora: 0\.9900\.$/);
});

test("Among recipes alone the best is named.", () => {
  const found = explainN([...recipe("bitFit", [0.7]), ...recipe("lora", [0.99])]);
  assert.deepEqual([found.strategy, found.n], ["lora", -1]);
  assert.match(found.sentence, /^lora: the best mean accuracy \(0\.9900\)/);
});

/** Depth by depth the accuracy at each rate. */
const atRates = (accuracies: Record<string, Record<string, number>>): TrialRecord[] =>
  Object.entries(accuracies).flatMap(([n, rates]) =>
    Object.entries(rates).map(([rate, accuracy]) => atRate(Number(rate), { n: Number(n), accuracy })),
  );

test("Each depth is judged at its best rate, and the sentence names it and how many were tried.", () => {
  // At one rate alone deep freezes look worse than they are.
  const records = atRates({
    "-1": { 5e-5: 0.9, 1e-3: 0.7 },
    4: { 5e-5: 0.8, 1e-3: 0.889 },
    5: { 5e-5: 0.6, 1e-3: 0.88 },
  });
  assert.equal(recommendN(records.filter(({ learningRate }) => learningRate === 5e-5)), -1);
  const found = explainN(records);
  assert.deepEqual([found.n, found.learningRate, found.best, found.mean], [4, 1e-3, -1, 0.889]);
  assert.equal(
    found.sentence,
    "N = 4 at rate 1e-3: the deepest freeze whose mean accuracy (0.8890) is within one standard error (0.0150) of the best: " +
      "0.9000 at N = none at rate 5e-5. Each depth is judged at the best of its 2 rates, which flatters all alike.",
  );
  assert.match(
    found.comparison!,
    /^N = 4 at rate 1e-3 keeps 98\.8 % .* of fine-tuning everything at rate 5e-5\./,
  );
});

test("Where depths were tried at unlike numbers of rates the sentence says what that does.", () => {
  const { sentence } = explainN(atRates({ 0: { 5e-5: 0.9 }, 1: { 5e-5: 0.7, 2e-4: 0.8, 1e-3: 0.9 } }));
  assert.match(
    sentence,
    /^N = 1 at rate 1e-3: .* Each depth is judged at the best of its rates, 1 to 3 of them, which flatters most where they are most\.$/,
  );
});

test("A single rate is not spoken of.", () => {
  const found = explainN(atRates({ 0: { 5e-5: 0.9 }, 1: { 5e-5: 0.7 } }));
  assert.equal(found.learningRate, 5e-5);
  assert.doesNotMatch(`${found.sentence} ${found.comparison}`, /rate|5e-5/);
});

test("The best recipe is named with its rate where several were tried.", () => {
  const lora = (rate: number, accuracy: number) =>
    atRate(rate, { strategy: "lora", n: -1, accuracy, recipe: { recipe: "lora" } });
  const { sentence } = explainN([
    ...atRates({ 0: { 5e-5: 0.8, 1e-3: 0.9 } }),
    lora(5e-5, 0.7),
    lora(1e-3, 0.85),
  ]);
  assert.match(sentence, / The best recipe, lora at rate 1e-3: 0\.8500\.$/);
});

/** Depths of one rate, some of them with a loss that has hardly fallen. */
const withLosses = (accuracies: Record<string, number>, undertrained: number[]) =>
  Object.entries(accuracies).map(([n, accuracy]) =>
    fakeRecord({
      n: Number(n),
      accuracy,
      lossCurve: undertrained.includes(Number(n)) ? CURVES.hardlyFallen : CURVES.learnt,
    }),
  );

test("That no deeper freeze is near does not rest on depths that are undertrained without a word of it.", () => {
  const accuracies = { "-1": 0.9, 4: 0.8, 5: 0.6, 6: 0.5 };
  const advice = (...undertrained: number[]) => explainN(withLosses(accuracies, undertrained)).sentence;
  const plain =
    "N = none: the best mean accuracy (0.9000), and no deeper freeze is within one standard error (0.0150) of it.";
  assert.equal(advice(), plain);
  assert.equal(
    advice(5, 6),
    `${plain} N = 5, N = 6: undertrained at this rate, so a deeper freeze may do as well at a higher one.`,
  );
  // What is undertrained itself only makes the others look better than they are.
  assert.equal(advice(-1), `${plain} N = none: undertrained at this rate; a higher one may do better.`);
  assert.equal(
    advice(-1, 4),
    `${plain} N = 4: undertrained at this rate, so a deeper freeze may do as well at a higher one.`,
  );
});

test("Nor does that a depth is the deepest one near the best.", () => {
  const { n, sentence } = explainN(withLosses({ "-1": 0.9, 4: 0.89, 6: 0.5 }, [6]));
  assert.equal(n, 4);
  assert.match(
    sentence,
    /^N = 4: the deepest freeze whose mean .* N = 6: undertrained at this rate, so a deeper freeze may/,
  );
});

test("Where several rates were tried the highest of them is the one that was too low.", () => {
  const records = [
    ...withLosses({ "-1": 0.9 }, []),
    ...[5e-5, 2e-4].map((rate) =>
      atRate(rate, { n: 5, accuracy: 0.6 + rate, lossCurve: CURVES.stillFalling, settings: {} }),
    ),
  ].map((record) => ({ ...record, settings: { learningRate: record.learningRate ?? 5e-5 } }));
  assert.match(
    explainN(records).sentence,
    / N = 5 at rate 2e-4: undertrained at the highest rate tried, so a deeper freeze may do as well at a higher one\.$/,
  );
});

test("Without records, or without the metric, there is nothing to recommend.", () => {
  assert.throws(
    () => recommendN([]),
    new InputError("records: expected at least one, got none; has the sweep ended a trial yet?"),
  );
  assert.throws(
    () => recommendN(regression({ 0: [1] })),
    new InputError(
      "metric: trial freeze n=0 seed=0 has no accuracy to judge by; name one it has: loss, rmse",
    ),
  );
});
