import assert from "node:assert/strict";
import { test } from "node:test";
import type { Labels } from "../../src/data/labels";
import { Random } from "../../src/random";
import { blend } from "../../src/training/blend";
import { fitEnsemble } from "../../src/training/fitEnsemble";
import { metrics } from "../../src/training/metrics";

const single = (...ids: number[]): Labels => ({
  problemType: "single_label_classification",
  classes: ["a", "b", "c"].slice(0, Math.max(2, ...ids.map((id) => id + 1))),
  ids: Int32Array.from(ids),
});

/** Models that say something of each row, in eighths or sixteenths, so that no sum is rounded. */
function models(count: number, rows: number, width: number, random: Random): Float32Array[] {
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: rows * width }, () => random.integer(17) / 16),
  );
}

/** Caruana's selection, word for word: after each pick the mean of all is scored anew. */
function bruteForce(outputs: Float32Array[], score: (of: Float32Array) => number, rounds: number) {
  const meanOf = (picks: number[]) =>
    outputs[0].map((_, i) => picks.reduce((sum, pick) => sum + outputs[pick][i], 0) / picks.length);
  let picks: number[] = [];
  let best: { score: number; picks: number[] } | null = null;
  for (let round = 0; round < rounds; round++) {
    const tried = outputs.map((_, model) => score(meanOf([...picks, model])));
    picks = [...picks, tried.indexOf(Math.max(...tried))];
    if (!best || Math.max(...tried) > best.score) best = { score: Math.max(...tried), picks };
  }
  const { picks: chosen } = best!;
  return {
    score: best!.score,
    weights: outputs.map((_, model) => chosen.filter((pick) => pick === model).length / chosen.length),
  };
}

test("Picks are those of a plain search, for metrics of classes, labels and numbers", () => {
  const random = new Random(0, "ensemble");
  let blended = 0;
  for (let i = 0; i < 60; i++) {
    const rows = 6 + random.integer(10);
    const count = 2 + random.integer(4);
    // A power of two, so that means are exact.
    const rounds = 4;
    const [labels, metric, sign] = [
      [single(0, 1, 2, ...Array.from({ length: rows - 3 }, () => random.integer(3))), "accuracy", 1] as const,
      [single(0, 1, ...Array.from({ length: rows - 2 }, () => random.integer(2))), "rocAuc", 1] as const,
      [
        {
          problemType: "multi_label_classification",
          classes: ["x", "y"],
          values: Float32Array.from({ length: 2 * rows }, (_, at) => ((at + i) % 3 === 0 ? 1 : 0)),
        } as Labels,
        "f1",
        1,
      ] as const,
      [
        {
          problemType: "regression",
          values: Float32Array.from({ length: rows }, () => random.integer(9) / 8),
        } as Labels,
        "rmse",
        -1,
      ] as const,
    ][i % 4];
    const outputs = models(count, rows, labels.classes?.length ?? 1, random);
    const score = (of: Float32Array) => sign * metrics(of, labels, { metrics: [metric] })[metric];
    const found = fitEnsemble(outputs, labels, { metric, rounds });
    const expected = bruteForce(outputs, score, rounds);
    assert.deepEqual(found.weights, expected.weights, `case ${i}, ${metric}`);
    assert.ok(Math.abs(sign * found.score - expected.score) < 1e-7);
    if (found.weights.filter((weight) => weight > 0).length > 1) blended++;
  }
  assert.ok(blended > 25, `${blended} of 60 blend several models`);
});

test("On the rows that they were fitted on the blend is never worse than the best model, and its score is that of blend", () => {
  const random = new Random(1, "never worse");
  let better = 0;
  for (let i = 0; i < 40; i++) {
    const labels = single(0, 1, ...Array.from({ length: 28 }, () => random.integer(2)));
    const outputs = Array.from({ length: 4 }, () =>
      Float32Array.from({ length: 60 }, (_, at) => {
        const truth = (labels as { ids: Int32Array }).ids[at >> 1] === at % 2 ? 1 : 0;
        return Math.fround(1 / (1 + Math.exp(-truth - 1.5 * random.normal())));
      }),
    );
    for (const metric of ["accuracy", "logLoss", "f1"]) {
      const { weights, score, scores } = fitEnsemble(outputs, labels, { metric });
      const sign = metric === "logLoss" ? -1 : 1;
      const best = Math.max(...scores.map((each) => sign * each));
      assert.ok(sign * score >= best, `${metric}: ${score}, ${scores}`);
      assert.ok(Math.abs(weights.reduce((a, b) => a + b) - 1) < 1e-12);
      assert.equal(score, metrics(blend(outputs, weights), labels)[metric]);
      assert.deepEqual(
        scores,
        outputs.map((each) => metrics(each, labels)[metric]),
      );
      if (sign * score > best) better++;
    }
  }
  assert.ok(better > 60, `${better} of 120 are better than the best model`);
});

test("Of models that are equally good the first is taken, and no more picks than it takes", () => {
  const labels = single(0, 1);
  const right = Float32Array.of(0.75, 0.25, 0.25, 0.75);
  const wrong = Float32Array.of(0.25, 0.75, 0.75, 0.25);
  const weightsOf = (...outputs: Float32Array[]) => fitEnsemble(outputs, labels).weights;
  assert.deepEqual(weightsOf(wrong, right, right), [0, 1, 0]);
  assert.deepEqual(weightsOf(right, wrong, right), [1, 0, 0]);
  assert.deepEqual(weightsOf(right), [1]);
  assert.deepEqual(weightsOf(wrong, wrong), [1, 0]);
});

test("What outputs are rounded by is no gain", () => {
  const labels = { problemType: "regression", values: Float32Array.of(0.1, 0.2, 0.3, 0.7) } as const;
  const good = Float32Array.of(0.1, 0.3, 0.2, 0.7);
  const constant = Float32Array.of(0.3, 0.3, 0.3, 0.3);
  for (const outputs of [
    [good, constant],
    [constant, good],
  ]) {
    const { weights } = fitEnsemble(outputs, labels, { metric: "pearson" });
    assert.equal(weights[outputs.indexOf(good)], 1);
  }
});

test("A metric of one's own decides as well, less of it being better where it says so", () => {
  const labels: Labels = { problemType: "regression", values: Float32Array.of(1, 2) };
  const outputs = [Float32Array.of(0, 1), Float32Array.of(3, 4)];
  const worst = (of: Float32Array, { values }: Labels & { values?: Float32Array }) =>
    Math.max(...of.map((value, i) => Math.abs(value - values![i])));
  const metric = { name: "worst", score: worst, greaterIsBetter: false };
  const found = fitEnsemble(outputs, labels, { metric, rounds: 3 });
  assert.equal(found.metric, "worst");
  assert.deepEqual(found.scores, [1, 2]);
  assert.deepEqual(found.weights, [2 / 3, 1 / 3]);
  assert.ok(found.score < 1e-6);
  assert.deepEqual(fitEnsemble(outputs, labels, { metric, rounds: 1 }).weights, [1, 0]);
});

test("Outputs of other rows, no numbers, and metrics that rows do not have are refused", () => {
  const labels = single(0, 1);
  const good = Float32Array.of(0.75, 0.25, 0.25, 0.75);
  for (const [outputs, options, message] of [
    [
      [good, new Float32Array(6)],
      {},
      "fitEnsemble: expected outputs of the same rows, got 4 of the first model and 6 of number 2",
    ],
    [[new Float32Array(6)], {}, "fitEnsemble: expected 4 outputs for 2 rows of 2 labels, got 6"],
    [
      [good, good.with(2, Number.NaN)],
      {},
      "fitEnsemble: expected finite outputs, got NaN of model 2 in row 1",
    ],
    [[good], { rounds: 0 }, "rounds: expected an integer of at least 1, got 0"],
    [[], {}, "fitEnsemble: outputs: expected a list of what each model says, got []"],
  ] as const)
    assert.throws(() => fitEnsemble([...outputs], labels, options), { name: "InputError", message });
  assert.throws(
    () => fitEnsemble([good], labels, { metric: "rmse" }),
    /^InputError: metric: expected one of accuracy/,
  );
  assert.throws(
    () => fitEnsemble([good], labels, { metric: "loss" }),
    /^InputError: metric: expected one of accuracy/,
  );
});

test("A blend is the weighted sum, one model alone to the bit", () => {
  const random = new Random(2, "blend");
  const outputs = Array.from({ length: 3 }, () => Float32Array.from({ length: 50 }, () => random.normal()));
  assert.deepEqual(blend(outputs, [0, 1, 0]), outputs[1]);
  const half = blend(outputs, [0.5, 0.25, 0.25]);
  assert.ok(
    half.every(
      (value, i) => value === Math.fround(outputs[0][i] / 2 + outputs[1][i] / 4 + outputs[2][i] / 4),
    ),
  );
  assert.throws(() => blend(outputs, [1]), { message: "blend: expected 3 weights, one a model, got 1" });
  assert.throws(() => blend(outputs, [1, 0, Number.NaN]), {
    message: "blend: expected finite weights, got NaN",
  });
  assert.throws(() => blend([outputs[0], new Float32Array(2)], [1, 0]), /expected outputs of the same rows/);
});
