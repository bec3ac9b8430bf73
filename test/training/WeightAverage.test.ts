// The running means of a training's weights, against torch.optim.swa_utils.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { recording } from "../../src/engine/recorder/recording";
import type { Classifier } from "../../src/models/Classifier";
import { type BatchNorm, batchNorm } from "../../src/nn/batchNorm";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { AdamW } from "../../src/training/AdamW";
import { type AverageChoice, WeightAverage } from "../../src/training/WeightAverage";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

type Named<Type> = Record<string, Type>;

// test/fixtures/averaging/make.py
const expected = JSON.parse(readFileSync(join(__dirname, "../fixtures/averaging/expected.json"), "utf8")) as {
  start: Named<tf.TensorLike>;
  gradients: Named<tf.TensorLike>[];
  cases: Named<{ weights: Named<number[]>; averages: Named<number[]> }>;
  batches: number[][][][][];
  statistics: Named<number[]>;
};
const PER_EPOCH = 2;
const EPOCHS = expected.gradients.length / PER_EPOCH;

/** All that an average asks of a model. */
const modelOf = (parameters: Parameter[]) =>
  ({
    namedParameters: () => parameters.map((parameter) => [parameter.name, parameter]),
    stages: [{ name: "all", parameters }],
  }) as unknown as Classifier;

const started = (): Named<Parameter> =>
  Object.fromEntries(
    Object.entries(expected.start).map(([name, values]) => [name, new Parameter(name, tf.tensor(values))]),
  );

/** Six steps of AdamW in three epochs, of which the second thaws `late`; the means go in at the end. */
function train(choice: AverageChoice, parameters: Named<Parameter>): WeightAverage {
  const average = new WeightAverage(modelOf(Object.values(parameters)), choice, EPOCHS);
  const optimizer = new AdamW();
  for (const parameter of Object.values(parameters)) parameter.requiresGrad = parameter.name === "a";
  for (const [i, gradients] of expected.gradients.entries()) {
    const epoch = Math.floor(i / PER_EPOCH) + 1;
    if (epoch === 2) parameters.late.requiresGrad = true;
    if (i % PER_EPOCH === 0) average.beginEpoch();
    const learning = Object.values(parameters).filter(({ requiresGrad }) => requiresGrad);
    const given = new Map(learning.map((parameter) => [parameter, tf.tensor(gradients[parameter.name])]));
    optimizer.step(given, () => ({ learningRate: 0.01, weightDecay: 0.01 }));
    for (const gradient of given.values()) gradient.dispose();
    average.afterStep(i + 1, epoch);
    if (i % PER_EPOCH === PER_EPOCH - 1) average.afterEpoch(epoch);
  }
  optimizer.dispose();
  return average;
}

const CASES: Named<AverageChoice> = {
  ema: "ema",
  "ema, decay 0.5": { name: "ema", decay: 0.5 },
  swa: { name: "swa", fromEpoch: 1 },
  "swa, from epoch 2": { name: "swa", fromEpoch: 2 },
  "swa, every 3 steps": { name: "swa", fromEpoch: 1, everySteps: 3 },
};

onEveryEngine("WeightAverage", () => {
  assert.deepEqual(Object.keys(CASES), Object.keys(expected.cases));
  for (const [title, choice] of Object.entries(CASES))
    it(`gives what PyTorch's AveragedModel holds after steps of AdamW: ${title}`, () => {
      const before = tf.memory().numTensors;
      const parameters = started();
      const average = train(choice, parameters);
      const { weights, averages } = expected.cases[title];
      const holds = (values: Named<number[]>) => {
        for (const [name, { value }] of Object.entries(parameters))
          assertClose(value, tf.util.flatten(values[name]) as number[], 1e-6, name);
      };
      holds(weights);
      const raw = Object.values(parameters).map(({ value, stamp }) => ({ value, stamp }));
      assert.equal(average.putIn(), false); // no statistics to make
      holds(averages);
      average.putIn();
      holds(averages);
      average.takeOut();
      average.takeOut();
      // The very tensors, so that training goes on as if nothing had been.
      for (const [i, { value, stamp }] of Object.values(parameters).entries())
        assert.ok(value === raw[i].value && stamp === raw[i].stamp);
      average.dispose();
      for (const parameter of Object.values(parameters)) parameter.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

  it("holds no copy of what is frozen, and none at all before it begins", () => {
    const parameters = started();
    const average = new WeightAverage(modelOf(Object.values(parameters)), { name: "swa", fromEpoch: 2 }, 3);
    parameters.frozen.requiresGrad = false;
    const before = tf.memory().numTensors;
    average.beginEpoch();
    average.afterStep(1, 1);
    average.afterEpoch(1);
    assert.equal(average.isBegun, false);
    assert.equal(tf.memory().numTensors, before);
    average.afterEpoch(2);
    assert.equal(average.isBegun, true);
    assert.equal(tf.memory().numTensors, before + 2);
    assert.deepEqual(
      [...average.means.keys()].map(({ name }) => name),
      ["a", "late"],
    );
    average.dispose();
    for (const parameter of Object.values(parameters)) parameter.dispose();
  });

  it("takes in the end of an epoch once, however often it is told", () => {
    const parameters = started();
    const average = new WeightAverage(modelOf(Object.values(parameters)), { name: "swa", fromEpoch: 1 }, 3);
    for (const epoch of [1, 1, 2, 2]) average.afterEpoch(epoch);
    assert.deepEqual(average.state, { count: 2, epoch: 2 });
    average.dispose();
    for (const parameter of Object.values(parameters)) parameter.dispose();
  });

  it("begins with the last quarter of the epochs, with two at least", () => {
    const first = (epochs: number) => {
      const parameters = started();
      const average = new WeightAverage(modelOf(Object.values(parameters)), "swa", epochs);
      let epoch = 0;
      while (!average.isBegun) average.afterEpoch(++epoch);
      average.dispose();
      for (const parameter of Object.values(parameters)) parameter.dispose();
      return epoch;
    };
    assert.deepEqual([1, 2, 3, 4, 8, 20].map(first), [1, 1, 2, 3, 7, 16]);
  });

  it("is told where the means are others, so that running statistics are made for them", () => {
    const [weight, mean] = [new Parameter("weight", tf.ones([2])), new Parameter("mean", tf.ones([2]))];
    const model = {
      namedParameters: () => [["weight", weight]],
      stages: [{ name: "norm", parameters: [weight], buffers: [mean] }],
    } as unknown as Classifier;
    const before = tf.memory().numTensors;
    const average = new WeightAverage(model, "ema", 1);
    average.afterStep(1, 1);
    assert.equal(average.putIn(), true);
    assertClose(mean.value, [0, 0], 0);
    mean.assign(tf.tensor1d([3, 4])); // what a forward makes
    average.takeOut();
    assertClose(mean.value, [1, 1], 0);
    assert.equal(average.putIn(), false);
    assertClose(mean.value, [3, 4], 0);
    average.takeOut();
    average.afterStep(2, 1);
    assert.equal(average.putIn(), true);
    average.dispose();
    assert.equal(tf.memory().numTensors, before);
    weight.dispose();
    mean.dispose();
  });

  it("runs its update again without spelling it out, where the engine records", (t) => {
    const recorder = recording()?.recorder;
    if (!recorder) return t.skip("the engine computes at once");
    const parameters = started();
    const average = new WeightAverage(modelOf(Object.values(parameters)), { name: "swa", everySteps: 1 }, 1);
    const before = recorder.replayed;
    // A copy, two that are spelled out, and five more, each with another share.
    for (let step = 1; step <= 8; step++) average.afterStep(step, 1);
    assert.ok(recorder.replayed - before >= 4, `${recorder.replayed - before}`);
    average.dispose();
    for (const parameter of Object.values(parameters)) parameter.dispose();
  });
});

onEveryEngine("batchNorm in a cumulative pass", () => {
  it("makes running statistics as PyTorch's update_bn does: the mean over the batches", () => {
    const buffers = [0, 0].map((_, i) => new Parameter(`${i}`, tf.zeros([3])));
    const count = new Parameter("count", tf.scalar(0));
    const norm: BatchNorm = {
      weight: new Parameter("weight", tf.ones([3])),
      bias: new Parameter("bias", tf.zeros([3])),
      runningMean: buffers[0],
      runningVar: buffers[1],
      numBatchesTracked: count,
      eps: 1e-5,
      momentum: 0.1,
    };
    for (const batch of expected.batches)
      tf.tidy(() => {
        const pass = new Pass({ training: true, statistics: "cumulative" });
        batchNorm(pass, pass.input(tf.tensor4d(batch)), norm, true);
        pass.dispose();
      });
    assertClose(norm.runningMean.value, expected.statistics.running_mean, 1e-6);
    assertClose(norm.runningVar.value, expected.statistics.running_var, 2e-6);
    assertClose(count.value, [3], 0);
    for (const parameter of [...buffers, count, norm.weight, norm.bias]) parameter.dispose();
  });
});
