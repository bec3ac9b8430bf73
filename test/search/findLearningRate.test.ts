// findLearningRate: rates that rise from step to step, against PyTorch, and a model that is left as it was.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import {
  type FindLearningRateOptions,
  findLearningRate,
  type RateCurve,
} from "../../src/search/findLearningRate";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { noiseImages } from "../training/noiseImages";
import {
  fixtureClasses,
  fixtureRows,
  loadTiny,
  tinyBert,
  tinyWithDropout,
  toyRows,
} from "../training/toyData";

interface Case {
  rates: number[];
  losses: number[];
  smoothed: number[];
  suggested: number;
}

// test/fixtures/rateRange/make.py
const expected = JSON.parse(readFileSync(join(__dirname, "../fixtures/rateRange/expected.json"), "utf8")) as {
  rows: number[][];
  labels: number[];
  cases: Record<string, Case>;
};

const fourRows = fixtureRows(expected.rows, expected.labels, "rateRange");

// 48 rows are 6 batches of 8.
const train = toyRows(48);
const withDropout = tinyWithDropout();
const short: FindLearningRateOptions = {
  batchSize: 8,
  steps: 20,
  minLearningRate: 1e-5,
  maxLearningRate: 1e-1,
  seed: 5,
};
const plain = (curves: RateCurve[]) => JSON.parse(JSON.stringify(curves)) as RateCurve[];

/** All that a run may change of a model: whose data its tensors are, what stands for them, flags, and what it was trained on. */
const stateOf = (model: Classifier) => ({
  tensors: [...model.namedParameters(), ...model.namedBuffers()].map(([name, parameter]) => [
    name,
    parameter.stored ? "unread" : parameter.value.dataId,
    parameter.stamp,
    parameter.requiresGrad,
    parameter.origin,
  ]),
  trainedOn: model.trainedOn,
});

async function bitsOf(model: Classifier): Promise<Record<string, Uint32Array>> {
  const bits: Record<string, Uint32Array> = {};
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
    bits[name] = new Uint32Array((await parameter.data()).slice().buffer);
  return bits;
}

/** Has `work` find a model as it was afterwards, tensors counted. */
async function leaves(model: Classifier, work: () => PromiseLike<unknown>): Promise<void> {
  const [state, bits] = [stateOf(model), await bitsOf(model)];
  const { numTensors } = tf.memory();
  await work();
  assert.deepEqual(stateOf(model), state);
  assert.deepEqual(await bitsOf(model), bits);
  assert.equal(tf.memory().numTensors, numTensors);
}

/** A tiny model that a training has moved, so that its tensors are the engine's own. */
async function trained(frozen = -1): Promise<Classifier> {
  const model = await loadTiny(withDropout);
  await fineTune(model, { train: toyRows(8) }, { epochs: 1, log: () => {} });
  if (frozen >= 0) topNLayerFreeze(model, frozen);
  return model;
}

onEveryFastEngine("findLearningRate", () => {
  for (const [title, { rates, losses, smoothed, suggested }] of Object.entries(expected.cases))
    it(`has PyTorch's losses at rising rates, ${title} frozen, and fastai's smoothing of them`, async () => {
      const model = await loadTiny(tinyBert, { classes: fixtureClasses });
      const [curve] = await findLearningRate(
        model,
        { train: fourRows },
        {
          ...{ n: [title === "none" ? -1 : Number(title)], batchSize: 4, steps: 40, eps: 1e-3 },
          ...{ minLearningRate: 1e-5, maxLearningRate: 0.3 },
        },
      );
      assert.equal(curve.ended, "diverged");
      assert.equal(curve.tried.length, rates.length);
      const own = (key: "learningRate" | "loss" | "smoothed") => curve.tried.map((each) => each[key]);
      assertClose(own("learningRate"), rates, 1e-8, "rates");
      // What diverges carries each last bit far.
      const calm = rates.filter((rate) => rate < 0.03).length;
      assertClose(own("loss").slice(0, calm), losses.slice(0, calm), 3e-5, "losses");
      assertClose(own("smoothed").slice(0, calm), smoothed.slice(0, calm), 3e-5, "smoothed");
      assert.equal(curve.learningRate, Number(suggested.toPrecision(2)));
      model.dispose();
    });

  it("finds a rate for each depth, in the order asked for: that of a call with these flags", async () => {
    const model = await trained();
    const curves = await findLearningRate(model, { train }, { ...short, n: [3, -1, 1, 3] });
    assert.deepEqual(
      curves.map(({ n }) => n),
      [3, -1, 1],
    );
    assert.notDeepEqual(curves[0].tried, curves[2].tried);
    for (const { n, ...curve } of curves) {
      const flags = model.namedParameters().map(([, { requiresGrad }]) => requiresGrad);
      if (n! >= 0) topNLayerFreeze(model, n!);
      const [alone] = await findLearningRate(model, { train }, short);
      assert.deepEqual(plain([alone]), plain([{ n: null, ...curve }]));
      model.namedParameters().forEach(([, parameter], i) => {
        parameter.requiresGrad = flags[i];
      });
    }
    model.dispose();
  });

  it("leaves the model as it was: weights to the very data, what is unread unread, flags", async () => {
    const [fresh, moved] = [await loadTiny(withDropout), await trained(1)];
    freezeWhere(moved, "layer.2.attention");
    for (const model of [fresh, moved]) {
      await leaves(model, async () => {
        await findLearningRate(model, { train }, { ...short, n: [0, 2] });
        await findLearningRate(model, { train }, short);
      });
      model.dispose();
    }
  });

  it("leaves it so where a step throws, the loop is left, or the signal stops it", async () => {
    const model = await trained(1);
    const calls = { count: 0 };
    const failing = (logits: tf.Tensor2D) => {
      if (++calls.count > 5) throw new Error("no more");
      return tf.sum(tf.square(logits), 1);
    };
    await leaves(model, () =>
      assert.rejects(
        async () => await findLearningRate(model, { train }, { ...short, loss: failing }),
        /no more/,
      ),
    );
    assert.equal(calls.count, 6);
    await leaves(model, async () => {
      for await (const event of findLearningRate(model, { train }, { ...short, n: [0, 1] }))
        if (event.type === "step" && event.step === 4) break;
    });
    const abort = new AbortController();
    await leaves(model, async () => {
      const run = findLearningRate(model, { train }, { ...short, n: [0, 1], signal: abort.signal });
      for await (const event of run) if (event.type === "step" && event.step === 4) abort.abort();
      const [curve, ...more] = await run;
      assert.deepEqual([curve.n, curve.ended, curve.tried.length, more], [0, "aborted", 4, []]);
    });
    model.dispose();
  });

  it("leaves running statistics as they were", async () => {
    const model = await AutoModelForImageClassification.fromConfig(
      { architecture: "resnet18" },
      { classes: ["no", "yes"], log: () => {} },
    );
    const images = noiseImages(8, 32);
    await leaves(model, () => findLearningRate(model, { train: images }, { ...short, n: [3], batchSize: 4 }));
    model.dispose();
  });

  it("is seeded: the same seed gives the same numbers, another one others", async () => {
    const model = await trained();
    const of = async (seed: number) => plain(await findLearningRate(model, { train }, { ...short, seed }));
    assert.deepEqual(await of(1), await of(1));
    assert.notDeepEqual(await of(1), await of(2));
    model.dispose();
  });

  it("runs the frozen part once over the rows for each depth, and tells of depths and steps", async () => {
    const model = await loadTiny(withDropout);
    const told: string[] = [];
    for await (const event of findLearningRate(model, { train }, { ...short, n: [2, 1] })) {
      if (event.type === "depth") told.push(`depth ${event.n}, ${event.index} of ${event.count}`);
      if (event.type === "frozen" && event.done === event.total) told.push("frozen");
      if (event.type === "step" && event.step === 1) told.push(`step of ${event.steps}`);
    }
    // 20 steps are the fourth epoch of 6.
    const each = ["frozen", "step of 24"];
    assert.deepEqual(told, ["depth 1, 0 of 2", ...each, "depth 2, 1 of 2", ...each]);
    model.dispose();
  });

  it("takes a loss that is no number for divergence, but not at the first step", async () => {
    const model = await trained();
    const [curve] = await findLearningRate(
      model,
      { train },
      { ...short, maxGradNorm: Number.POSITIVE_INFINITY, minLearningRate: 1, maxLearningRate: 1e38 },
    );
    assert.equal(curve.ended, "diverged");
    assert.ok(curve.tried.length < 20);
    assert.ok(curve.tried.every(({ loss }) => Number.isFinite(loss)));
    const weight = model.parameter("classifier.weight");
    weight.assign(tf.fill(weight.shape, Number.NaN));
    await leaves(model, () =>
      assert.rejects(
        async () => await findLearningRate(model, { train }, short),
        /stopped at step 1 .* the parameter classifier\.weight/,
      ),
    );
    model.dispose();
  });

  it("tries 100 rates, of few rows fewer", async () => {
    const model = await loadTiny();
    topNLayerFreeze(model, 3);
    for (const [rows, batchSize, steps] of [
      [8, 8, 40],
      [48, 8, 60],
      [48, 2, 100],
    ]) {
      const few = { batchSize, minLearningRate: 1e-7, maxLearningRate: 1e-6 };
      const [{ tried, ended }] = await findLearningRate(model, { train: toyRows(rows) }, few);
      assert.deepEqual([tried.length, ended], [steps, "finished"]);
    }
    model.dispose();
  });

  it("suggests a rate that learns more in an epoch than a tenth of it, and than ten times it", async () => {
    const model = await loadTiny(withDropout);
    const rows = toyRows(640);
    const [{ learningRate }] = await findLearningRate(model, { train: rows }, { batchSize: 32, n: [1] });
    const lossAt = async (rate: number) => {
      const own = await loadTiny(withDropout);
      topNLayerFreeze(own, 1);
      const { epochs } = await fineTune(
        own,
        { train: rows },
        { epochs: 3, batchSize: 32, learningRate: rate },
      );
      own.dispose();
      return epochs.at(-1)!.trainLoss;
    };
    const [tenth, own, tenfold] = [
      await lossAt(learningRate! / 10),
      await lossAt(learningRate!),
      await lossAt(10 * learningRate!),
    ];
    assert.ok(own < tenth && own < tenfold, `${tenth}, ${own}, ${tenfold} at ${learningRate}`);
    model.dispose();
  });

  it("holds nothing where training refuses its options", async () => {
    const model = await loadTiny();
    await findLearningRate(model, { train: toyRows(16) }, { steps: 20, batchSize: 8 });
    const before = tf.memory().numTensors;
    await assert.rejects(
      async () => await findLearningRate(model, { train: toyRows(16) }, { classWeights: [1, 2, 3] }),
      /classWeights/,
    );
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  it("refuses in one line what it cannot try", async () => {
    const model = await loadTiny();
    const refused = (options: object, message: RegExp) =>
      assert.rejects(async () => await findLearningRate(model, { train }, options), {
        name: "InputError",
        message,
      });
    await refused(
      { minLearningRate: 1, maxLearningRate: 1 },
      /minLearningRate: expected less than maxLearningRate, 1, got 1/,
    );
    await refused(
      {
        parameterGroups: [
          { match: "bias", weightDecay: 0 },
          { match: "classifier", learningRate: 1e-3 },
        ],
      },
      /parameterGroups\[1\]\.learningRate: expected groups without rates/,
    );
    await refused({ n: [4] }, /n: expected an integer from -1 to 3, got 4/);
    await refused({ n: [] }, /n: expected at least one depth/);
    await refused({ steps: 5 }, /steps: expected an integer of at least 20, got 5/);
    await refused({ headInit: "probe" }, /unknown option headInit/);
    await refused({ learningRates: [1] }, /unknown option learningRates/);
    freezeWhere(model, () => true);
    await refused({}, /every parameter is frozen/);
    model.dispose();
  });
});
