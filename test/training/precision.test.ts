import assert from "node:assert/strict";
import { it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { rowsOf } from "../../src/data/rowsOf";
import type { Half, Precision } from "../../src/engine/autocast";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { evaluate } from "../../src/training/evaluate";
import type { EpochRecord, FineTuneEvent } from "../../src/training/events";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { LossScale } from "../../src/training/LossScale";
import { allLogits } from "../../src/training/predict";
import { distance } from "../close";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { readAll } from "../readAll";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const [train, valid] = [toyRows(64), toyRows(40, "valid")];
type Step = Extract<FineTuneEvent, { type: "step" }>;

/** A product's factors carry 8 bits in bf16 and 11 in fp16; errors of some ten products in a row add up. */
const ROUNDING = { bf16: 0.05, fp16: 0.005 };

onEveryFastEngine("precision", (engine) => {
  for (const half of ["bf16", "fp16"] as const) tests(engine, half);

  it("features of one precision do not serve another", { skip: withoutHalf(engine) }, async () => {
    const model = await loadTiny();
    topNLayerFreeze(model, 1);
    const features = new FrozenFeatures(model);
    const runs = async (precision: Precision) => {
      let batches = 0;
      for await (const _ of features.prepare(train, 2, 16, precision)) batches++;
      return batches;
    };
    assert.deepEqual(
      [await runs("bf16"), await runs("bf16"), await runs("fp16"), await runs("fp32")],
      [4, 0, 4, 4],
    );
    features.dispose();
    model.dispose();
  });

  it("fp16 skips steps whose scaled gradients are beyond it, halving the scale, and learns by the others", {
    skip: withoutHalf(engine),
  }, async () => {
    const model = await loadTiny();
    largeWeights(model, 50);
    readAll(model);
    const before = tf.memory().numTensors;
    const steps: Step[] = [];
    let [skipped, epoch]: [number, EpochRecord | null] = [0, null];
    let weights = model.parameter("classifier.weight").value.dataSync().slice();
    const options = { epochs: 1, batchSize: 4, learningRate: 1e-2, warmup: 0, precision: "fp16" } as const;
    for await (const event of fineTune(model, { train }, options)) {
      if (event.type === "epoch") epoch = event;
      if (event.type !== "step") continue;
      const now = model.parameter("classifier.weight").value.dataSync().slice();
      const good = Number.isFinite(event.gradNorm);
      assert.equal(distance(now, weights) > 0, good, `step ${event.step}`);
      assert.ok(Number.isFinite(event.loss));
      assert.equal(event.lossScale, 2 ** (16 - skipped));
      if (!good) skipped++;
      weights = now;
      steps.push(event);
    }
    assert.ok(skipped > 0 && skipped < steps.length, `${skipped} of ${steps.length} steps`);
    assert.equal(epoch!.skippedSteps, skipped);
    assert.equal(epoch!.lossScale, 2 ** (16 - skipped));
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  it("fp16 measures and clips gradients without their scale", { skip: withoutHalf(engine) }, async () => {
    const run = async (precision: Precision) => {
      const model = await loadTiny();
      const norms: number[] = [];
      const options = { epochs: 1, batchSize: 8, learningRate: 1e-3, maxGradNorm: 0.01, precision };
      for await (const event of fineTune(model, { train }, options))
        if (event.type === "step") norms.push(event.gradNorm);
      const weights = model.parameter("bert.pooler.dense.weight").value.dataSync().slice();
      model.dispose();
      return { norms, weights };
    };
    const [full, half] = [await run("fp32"), await run("fp16")];
    for (const [i, norm] of full.norms.entries())
      assert.ok(Math.abs(half.norms[i] / norm - 1) < 0.02, `${half.norms[i]}, in fp32 ${norm}`);
    assert.ok(distance(half.weights, full.weights) < 1e-3);
  });

  it("fp16 accumulates gradients of several batches at one scale, and may compute stages again", {
    skip: withoutHalf(engine),
  }, async () => {
    const losses = async (precision: Precision, gradientCheckpointing: boolean) => {
      const model = await loadTiny(tinyWithDropout());
      const options = { gradientAccumulation: 2, gradientCheckpointing, precision };
      const { epochs } = await fineTune(model, { train }, { ...options, batchSize: 8, learningRate: 2e-3 });
      model.dispose();
      return epochs.map(({ trainLoss }) => trainLoss);
    };
    const [full, half, again] = [
      await losses("fp32", false),
      await losses("fp16", false),
      await losses("fp16", true),
    ];
    assert.ok(distance(full, half) < 0.01, `${full} and ${half}`);
    assert.deepEqual(again, half);
  });

  it("fp16 stops where the loss itself is beyond it, or where no scale makes gradients fit, and names the way out", {
    skip: withoutHalf(engine),
  }, async () => {
    const stops = async (weight: number) => {
      const model = await loadTiny();
      largeWeights(model, weight);
      const values = () => [...model.parameter("classifier.weight").value.dataSync()];
      const before = values();
      await assert.rejects(
        async () => {
          await fineTune(model, { train }, { precision: "fp16", batchSize: 4 });
        },
        {
          name: "FrostError",
          message:
            /^training stopped at step 1 of epoch 1: expected a finite .* try precision bf16 or fp32, a lower learning rate or look at these rows$/,
        },
      );
      assert.deepEqual(values(), before);
      model.dispose();
    };
    await stops(1e6);
    const exhausted = mock.getter(LossScale.prototype, "exhausted", () => true);
    await stops(50);
    exhausted.mock.restore();
  });

  it("tells of loss scales in fp16 alone", async () => {
    const model = await loadTiny();
    for await (const event of fineTune(model, { train }, { epochs: 1 }))
      assert.ok(!("lossScale" in event) && !("skippedSteps" in event));
    model.dispose();
  });
});

/** Weights of the last layer so large that gradients behind it are far larger than before. */
function largeWeights(model: SequenceClassifier, size: number): void {
  const { value } = model.parameter("classifier.weight");
  const half = value.size / 2;
  const values = Float32Array.from({ length: value.size }, (_, i) => (i < half ? size : -size));
  model.parameter("classifier.weight").assign(tf.tensor(values, value.shape));
}

function tests(engine: string, half: Half): void {
  it(`${half} is refused by an engine without it before anything is trained`, {
    skip: !withoutHalf(engine) && "the engine has it",
  }, async () => {
    const model = await loadTiny();
    assert.throws(() => fineTune(model, { train }, { precision: half }), {
      name: "InputError",
      message: new RegExp(`^precision: expected fp32, .* engine ${engine} .* got ${half}`),
    });
    model.dispose();
  });

  it(`${half} gives logits within its rounding of those in float32, and other ones`, {
    skip: withoutHalf(engine),
  }, async () => {
    const model = await loadTiny();
    const full = await allLogits(model, rowsOf(valid), { batchSize: 64, precision: "fp32" });
    const less = await allLogits(model, rowsOf(valid), { batchSize: 64, precision: half });
    const largest = Math.max(...full.map(Math.abs));
    const apart = distance(full, less);
    assert.ok(apart > 0 && apart < ROUNDING[half] * largest, `${apart} apart, the largest is ${largest}`);
    const [a, b] = [await evaluate(model, valid), await evaluate(model, valid, { precision: half })];
    assert.ok(Math.abs(a.loss - b.loss) < ROUNDING[half]);
    model.dispose();
  });

  it(`${half} learns as float32 does, from features kept in half the room, and leaks nothing`, {
    skip: withoutHalf(engine),
  }, async () => {
    const before = tf.memory().numTensors;
    const losses: number[] = [];
    const bytes: number[] = [];
    for (const precision of ["fp32", half] as const) {
      const model = await loadTiny();
      topNLayerFreeze(model, 1);
      const features = new FrozenFeatures(model);
      const options = { epochs: 4, batchSize: 8, learningRate: 2e-3, precision, features };
      const { epochs } = await fineTune(model, { train, valid }, options);
      assert.ok(epochs[3].trainLoss < epochs[0].trainLoss - 0.05);
      losses.push(epochs[3].validLoss!);
      bytes.push(features.bytes().memory);
      features.dispose();
      model.dispose();
    }
    assert.ok(Math.abs(losses[0] - losses[1]) < 2 * ROUNDING[half], `losses ${losses}`);
    assert.equal(bytes[1], bytes[0] / 2);
    assert.equal(tf.memory().numTensors, before);
  });
}
