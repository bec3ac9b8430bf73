import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { Labels } from "../../src/data/labels";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { searchDepth } from "../../src/search/searchDepth";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import type { CustomMetric } from "../../src/training/CustomMetric";
import { evaluate } from "../../src/training/evaluate";
import { fineTune } from "../../src/training/fineTune";
import { metrics } from "../../src/training/metrics";
import { predict } from "../../src/training/predict";
import { loadTiny, toyRows } from "./toyData";

/** Where only the head learns, epochs are quick. */
async function loadFrozen() {
  const model = await loadTiny();
  topNLayerFreeze(model, 3);
  return model;
}

const folder = mkdtempSync(join(tmpdir(), "frostkit-metric-"));
before(() => useEngine("cpu"));
after(() => rmSync(folder, { recursive: true, force: true }));

const train = toyRows(16);
const valid = toyRows(12, "valid");
const options = { epochs: 2, batchSize: 8, learningRate: 1e-3, log: () => {} };

const idsOf = (labels: Labels) => (labels as Labels & { ids: Int32Array }).ids;

/** The Brier score: squared distance of the probabilities from what is true, of which less is better. */
const brier: CustomMetric = {
  name: "brier",
  score: (outputs, labels) => {
    const ids = idsOf(labels);
    let sum = 0;
    ids.forEach((id, row) => {
      sum += (1 - outputs[2 * row + id]) ** 2;
    });
    return sum / ids.length;
  },
  greaterIsBetter: false,
};

test("A metric of one's own scores what a model says of the validation rows, each epoch and in evaluate alike", async () => {
  const model = await loadFrozen();
  const { epochs } = await fineTune(model, { train, valid }, { ...options, metrics: ["macroF1", brier] });
  assert.deepEqual(Object.keys(epochs[1].metrics).slice(-2), ["macroF1", "brier"]);
  const { probabilities } = await predict(model, valid);
  const expected = brier.score(probabilities, valid.labels!);
  assert.ok(Math.abs(epochs[1].metrics.brier - expected) < 1e-5);
  assert.notEqual(epochs[0].metrics.brier, epochs[1].metrics.brier);
  const evaluated = await evaluate(model, valid, { metrics: [brier] });
  assert.ok(Math.abs(evaluated.metrics.brier - expected) < 1e-5);
  assert.equal(metrics(probabilities, valid.labels!, { metrics: [brier] }).brier, expected);
  model.dispose();
});

test("It may judge epochs: the best one is that with the greatest, or least, and training stops where it grows no better", async () => {
  const tensors = tf.memory().numTensors;
  for (const greaterIsBetter of [true, false]) {
    const scores = [2, 3, 1, 2, 2, 2];
    let looks = 0;
    const model = await loadFrozen();
    const { epochs, epoch, stopped } = await fineTune(
      model,
      { train, valid },
      {
        ...options,
        epochs: 6,
        earlyStopping: 2,
        metric: { name: "drawn", score: () => scores[looks++], greaterIsBetter },
      },
    );
    assert.equal(stopped, "early");
    assert.equal(epoch, greaterIsBetter ? 2 : 3);
    assert.deepEqual(
      epochs.map(({ metrics }) => metrics.drawn),
      scores.slice(0, epoch + 2),
    );
    model.dispose();
  }
  assert.equal(tf.memory().numTensors, tensors);
});

test("Left to itself, more of it is better, and what it does to the outputs changes no other metric", async () => {
  const outputs = Float32Array.of(0.9, 0.1, 0.2, 0.8);
  const labels: Labels = {
    problemType: "single_label_classification",
    classes: ["odd", "even"],
    ids: Int32Array.of(0, 1),
  };
  const spoils: CustomMetric = { name: "spoils", score: (given) => given.fill(0)[0] };
  assert.deepEqual(metrics(outputs, labels, { metrics: [spoils, "macroF1"] }), {
    ...metrics(outputs, labels, { metrics: ["macroF1"] }),
    spoils: 0,
  });
  assert.deepEqual([...outputs], [...Float32Array.of(0.9, 0.1, 0.2, 0.8)]);
});

test("What is no metric is refused by name: without a name or a function, called as one of the kit's, or giving no number", async () => {
  const model = await loadFrozen();
  const refused = (metric: unknown, message: RegExp) =>
    assert.throws(() => fineTune(model, { train, valid }, { ...options, metric: metric as CustomMetric }), {
      name: "InputError",
      message,
    });
  const score = () => 1;
  refused({ score }, /^metric\.name: expected/);
  refused({ name: "mine" }, /^metric\.score: expected/);
  refused({ name: "mine", score: 7 }, /^metric\.score: expected a function, got 7/);
  refused({ name: "mine", score, greater: true }, /metric.*greater/);
  refused(score, /^metric: expected .+, got a function/);
  for (const name of ["accuracy", "macroF1", "loss"])
    refused(
      { name, score },
      new RegExp(
        `^metric: expected a name of its own for a metric of one's own, got "${name}", which the kit has`,
      ),
    );
  for (const [value, got] of [
    [Number.NaN, "NaN"],
    [undefined, "undefined"],
    [Promise.resolve(1), ".+"],
  ] as const)
    await assert.rejects(
      Promise.resolve(evaluate(model, valid, { metrics: [{ name: "mine", score: () => value as number }] })),
      {
        name: "InputError",
        message: new RegExp(`^metrics: expected a finite number from the metric "mine", got ${got}`),
      },
    );
  model.dispose();
});

test("A sweep and a search, whose settings are written down, refuse it by name", async () => {
  const model = await loadFrozen();
  const message =
    /^(metric|metrics): a sweep's settings are written down as JSON, so expected one of the kit's by its name, got a function; fineTune takes one$/;
  for (const given of [{ metric: brier }, { metrics: ["macroF1", brier] }]) {
    const settings = { ...options, ...given, out: join(folder, "sweep") } as object;
    await assert.rejects(Promise.resolve(freezeSweep(model, { train, valid }, settings)), { message });
    const searched = { ...given, epochs: 2, log: () => {}, out: join(folder, "search") } as object;
    await assert.rejects(Promise.resolve(searchDepth(model, { train, valid }, searched)), { message });
  }
  model.dispose();
});

test("A run that is resumed goes on with the same metric, and refuses another function under its name", async () => {
  const resume = join(folder, "state");
  const run = async (metric: CustomMetric) => {
    const model = await loadFrozen();
    try {
      return await fineTune(model, { train, valid }, { ...options, metric, restoreBest: true, resume });
    } finally {
      model.dispose();
    }
  };
  const first = await run(brier);
  assert.deepEqual((await run({ ...brier })).epochs, first.epochs);
  await assert.rejects(run({ ...brier, score: () => 1 }), { name: "InputError", message: /metric/ });
});
