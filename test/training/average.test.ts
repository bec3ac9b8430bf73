// `average` of fineTune: the mean is judged and stays, the weights themselves go on learning.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import type { Dataset } from "../../src/data/Rows";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { evaluate } from "../../src/training/evaluate";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import type { AverageChoice } from "../../src/training/WeightAverage";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { noiseImages } from "./noiseImages";
import { loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

const [train, valid] = [toyRows(24), toyRows(16, "valid")];
const log = () => {};
const options: FineTuneOptions = { epochs: 3, batchSize: 8, learningRate: 3e-3, seed: 5, log };
/** Of three epochs. */
const STEPS = 9;

type Weights = Map<string, Float32Array>;

async function weightsOf(model: Classifier): Promise<Weights> {
  const weights: Weights = new Map();
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
    weights.set(name, (await parameter.data()).slice());
  return weights;
}

interface Trained {
  /** After each step. */
  raw: Weights[];
  last: Weights;
  losses: number[];
  validLosses: (number | null)[];
  /** Of the model that came of it. */
  loss: number;
}

const withDropout = tinyWithDropout();

/** Trains a model above two frozen blocks. */
async function trained(own: FineTuneOptions, load = () => loadTiny(withDropout)): Promise<Trained> {
  const model = await load();
  topNLayerFreeze(model, 2);
  const raw: Weights[] = [];
  const losses: number[] = [];
  const run = fineTune(model, { train, valid }, { ...options, ...own });
  for await (const event of run) {
    if (event.type !== "step") continue;
    losses.push(event.loss);
    raw.push(await weightsOf(model));
  }
  const { epochs } = await run;
  const last = await weightsOf(model);
  const { loss } = await evaluate(model, valid);
  model.dispose();
  return { raw, last, losses, validLosses: epochs.map(({ validLoss }) => validLoss), loss };
}

/** The mean of several weights, computed in float64. */
function meanOf(all: Weights[]): Weights {
  const [first] = all;
  return new Map(
    [...first].map(([name, values]) => [
      name,
      values.map((_, i) => all.reduce((sum, each) => sum + each.get(name)![i], 0) / all.length),
    ]),
  );
}

function emaOf(all: Weights[], decay: number): Weights {
  const means = new Map([...all[0]].map(([name, values]) => [name, Float64Array.from(values)]));
  for (const weights of all.slice(1))
    for (const [name, mean] of means)
      for (const [i, value] of weights.get(name)!.entries()) mean[i] += (1 - decay) * (value - mean[i]);
  return new Map([...means].map(([name, values]) => [name, Float32Array.from(values)]));
}

function assertWeights(actual: Weights, expected: Weights): void {
  for (const [name, values] of expected) assertClose(actual.get(name)!, values, 1e-6, name);
}

const CASES: [title: string, average: AverageChoice, mean: (raw: Weights[]) => Weights][] = [
  ["EMA", { name: "ema", decay: 0.8 }, (raw) => emaOf(raw, 0.8)],
  ["EMA's usual decay", "ema", (raw) => emaOf(raw, 0.999)],
  ["SWA over the last two epochs", "swa", (raw) => meanOf([raw[5], raw[8]])],
  ["SWA from the last", { name: "swa", fromEpoch: 3 }, (raw) => raw[8]],
  [
    "SWA every other step from the second",
    { name: "swa", fromEpoch: 2, everySteps: 2 },
    (raw) => meanOf([raw[3], raw[5], raw[7]]),
  ],
];

onEveryFastEngine("fineTune with average", () => {
  for (const [title, average, mean] of CASES)
    it(`ends with the mean of the weights, which themselves learn as without: ${title}`, async () => {
      const before = tf.memory().numTensors;
      const without = await trained({});
      const averaged = await trained({ average });
      assert.equal(averaged.raw.length, STEPS);
      assert.deepEqual(averaged.losses, without.losses);
      for (const [i, raw] of averaged.raw.entries()) assert.deepEqual(raw, without.raw[i]);
      assertWeights(averaged.last, mean(without.raw));
      // What is judged last is what stays.
      assert.ok(Math.abs(averaged.validLosses[2]! - averaged.loss) < 1e-5);
      if (!title.includes("last")) assert.notDeepEqual(averaged.validLosses, without.validLosses);
      assert.equal(tf.memory().numTensors, before);
    });

  it("judges by the weights themselves until the first are taken in", async () => {
    const without = await trained({});
    const averaged = await trained({ average: { name: "swa", fromEpoch: 2 } });
    assert.deepEqual(averaged.validLosses.slice(0, 2), without.validLosses.slice(0, 2));
    assert.notEqual(averaged.validLosses[2], without.validLosses[2]);
  });

  it("goes back to the best epoch's mean", async () => {
    let looks = 0;
    const metric = { name: "secondIsBest", score: () => [0, 1, 0][looks++] };
    const { raw, last, validLosses, loss } = await trained({
      ...{ restoreBest: true, metric },
      average: { name: "ema", decay: 0.7 },
    });
    assertWeights(last, emaOf(raw.slice(0, 6), 0.7));
    assert.ok(Math.abs(validLosses[1]! - loss) < 1e-5);
  });

  it("holds no more than a copy of what learns", async () => {
    const most = async (average?: AverageChoice) => {
      const model = await loadTiny();
      topNLayerFreeze(model, 2);
      let bytes = 0;
      for await (const event of fineTune(model, { train }, { ...options, average }))
        if (event.type === "step") bytes = Math.max(bytes, tf.memory().numBytes);
      const learns = model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad);
      const size = learns.reduce((sum, [, { size }]) => sum + 4 * size, 0);
      model.dispose();
      return { bytes, size };
    };
    const without = await most();
    const { bytes } = await most("ema");
    assert.equal(bytes - without.bytes, without.size);
  });

  it("comes to the same bit for bit wherever the run is left, also while rows are evaluated", async () => {
    const averages: AverageChoice[] = ["ema", { name: "swa", fromEpoch: 1 }];
    for (const average of averages) {
      const own = { ...options, average, restoreBest: average === "ema" };
      const whole = await loadTiny();
      const expected = await fineTune(whole, { train, valid }, own);
      const weights = await weightsOf(whole);
      whole.dispose();
      for (const [type, count] of [
        ["step", 1],
        ["step", 3],
        ["step", 7],
        ["evaluate", 2],
        ["epoch", 2],
        ["epoch", 3],
      ]) {
        const resume = mkdtempSync(join(tmpdir(), "frostkit-average-"));
        const before = tf.memory().numTensors;
        const left = await loadTiny();
        let seen = 0;
        for await (const event of fineTune(left, { train, valid }, { ...own, resume }))
          if (event.type === type && ++seen === count) break;
        left.dispose();
        const model = await loadTiny();
        const { epochs, epoch } = await fineTune(model, { train, valid }, { ...own, resume });
        assert.deepEqual(await weightsOf(model), weights, `${type} ${count}`);
        assert.equal(epoch, expected.epoch);
        assert.deepEqual(
          epochs.map(({ validLoss }) => validLoss),
          expected.epochs.map(({ validLoss }) => validLoss),
        );
        // Once it has ended its weights come from there.
        const again = await loadTiny();
        await fineTune(again, { train, valid }, { ...own, resume });
        assert.deepEqual(await weightsOf(again), weights);
        model.dispose();
        again.dispose();
        assert.equal(tf.memory().numTensors, before);
        rmSync(resume, { recursive: true });
      }
    }
  });

  it("refuses the state of a run that averaged otherwise", async () => {
    const resume = mkdtempSync(join(tmpdir(), "frostkit-average-"));
    const model = await loadTiny();
    const own = { ...options, resume, epochs: 1 };
    await fineTune(model, { train }, { ...own, average: "ema" });
    await assert.rejects(
      async () => fineTune(model, { train }, own),
      /^InputError: resume: .* holds the state of another run: average/,
    );
    model.dispose();
    rmSync(resume, { recursive: true });
  });

  it("leaves the weights themselves where the run is stopped, from which it goes on", async () => {
    const model = await loadTiny();
    const abort = new AbortController();
    const run = fineTune(model, { train, valid }, { ...options, average: "ema", signal: abort.signal });
    let raw: Weights | null = null;
    for await (const event of run)
      if (event.type === "step" && event.step === 4) {
        abort.abort();
        raw = await weightsOf(model);
      }
    assert.equal((await run).stopped, "aborted");
    assert.deepEqual(await weightsOf(model), raw);
    model.dispose();
  });

  it("takes in what thaws later", async () => {
    const model = await loadTiny();
    const raw: Weights[] = [];
    const run = fineTune(
      model,
      { train },
      { ...options, epochs: 4, unfreeze: [2, 1, 0, -1], average: { name: "ema", decay: 0.9 } },
    );
    for await (const event of run) if (event.type === "step") raw.push(await weightsOf(model));
    const name = "bert.embeddings.word_embeddings.weight";
    // Only the last epoch has changed them; until then their mean was what they were.
    assert.deepEqual(raw[8].get(name), raw[0].get(name));
    assert.notDeepEqual(raw[11].get(name), raw[0].get(name));
    assertWeights(await weightsOf(model), emaOf(raw, 0.9));
    model.dispose();
  });

  it("makes the running statistics of a ResNet anew for the mean, and leaves those of frozen stages", async () => {
    const load = () =>
      AutoModelForImageClassification.fromPretrained(join(__dirname, "../fixtures/models/resnet18-narrow"), {
        classes: ["no", "yes"],
        log,
      });
    const images: Dataset = noiseImages(12, 32);
    const own: FineTuneOptions = { epochs: 2, batchSize: 4, learningRate: 3e-3, log };
    const before = tf.memory().numTensors;
    const ends: Weights[] = [];
    for (const data of [{ train: images, valid: images }, { train: images }]) {
      const model = await load();
      topNLayerFreeze(model, 2);
      const start = await weightsOf(model);
      const raw: Weights[] = [];
      const run = fineTune(model, data, { ...own, average: { name: "swa", fromEpoch: 1 } });
      for await (const event of run) if (event.type === "step") raw.push(await weightsOf(model));
      const { epochs } = await run;
      const end = await weightsOf(model);
      ends.push(end);
      const mean = meanOf([raw[2], raw[5]]);
      for (const [name, values] of end) {
        if (/^(bn1|layer[12])\./.test(name)) assert.deepEqual(values, start.get(name), name);
        else if (/num_batches_tracked/.test(name)) assert.deepEqual([...values], [3], name);
        else if (/running_/.test(name)) assert.notDeepEqual(values, raw[5].get(name), name);
        else assertClose(values, mean.get(name)!, 1e-6, name);
      }
      if (data.valid) {
        const { loss } = await evaluate(model, images);
        assert.ok(Math.abs(epochs[1].validLoss! - loss) < 1e-5);
      }
      model.dispose();
    }
    // Whether or not rows were evaluated in between.
    assert.deepEqual(ends[0], ends[1]);
    assert.equal(tf.memory().numTensors, before);
  });

  it("is an option of a sweep, and of its records", async () => {
    const out = mkdtempSync(join(tmpdir(), "frostkit-average-"));
    const sweep = { n: [2], epochs: 2, batchSize: 8, learningRate: 3e-3, out, log };
    const model = await loadTiny();
    const { records } = await freezeSweep(model, { train, valid }, { ...sweep, average: "swa" });
    assert.equal(records[0].settings!.average, "swa");
    await assert.rejects(
      async () => freezeSweep(model, { train, valid }, sweep),
      /holds records of another sweep: average/,
    );
    model.dispose();
    rmSync(out, { recursive: true });
  });
});

it("average: what it may be is said in one line", async () => {
  const model = await loadTiny(tinyBert);
  const refused = (average: unknown, message: RegExp) =>
    assert.throws(() => fineTune(model, { train }, { average: average as never }), message);
  refused(
    "mean",
    /^InputError: average: expected one of ema, swa, or one of them with a setting, got "mean"$/,
  );
  refused({ name: "ema", decay: 1 }, /^InputError: average\.decay: expected a number .*, got 1$/);
  refused(
    { name: "ema", fromEpoch: 2 },
    /^InputError: fineTune: unknown option average\.fromEpoch; it knows name, decay$/,
  );
  refused(
    { name: "swa", fromEpoch: 3 },
    /^InputError: average\.fromEpoch: expected one of the 2 epochs, got 3$/,
  );
  refused({ decay: 0.9 }, /^InputError: average\.name/);
  model.dispose();
});
