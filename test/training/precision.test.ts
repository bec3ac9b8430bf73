import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { topNLayerFreeze } from "../../src/freeze";
import { evaluate } from "../../src/training/evaluate";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { allLogits } from "../../src/training/predict";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, toyRows } from "./toyData";

const [train, valid] = [toyRows(64), toyRows(40, "valid")];

onEveryFastEngine("precision", (engine) => {
  it("bf16 is refused by an engine without it before anything is trained", async () => {
    if (engine === "tensorflow") return;
    const model = await loadTiny();
    assert.throws(() => fineTune(model, { train }, { precision: "bf16" }), {
      name: "InputError",
      message: /^precision: expected fp32, .* engine wasm .* got bf16/,
    });
    model.dispose();
  });

  it("bf16 gives logits within bfloat16's rounding of those in float32, and other ones", async () => {
    if (engine !== "tensorflow") return;
    const model = await loadTiny();
    const full = await allLogits(model, valid, {});
    const half = await allLogits(model, valid, { precision: "bf16" });
    const largest = Math.max(...full.map(Math.abs));
    const apart = Math.max(...full.map((x, i) => Math.abs(x - half[i])));
    // A product's factors carry 8 bits each; errors of some ten products in a row add up.
    assert.ok(apart > 0 && apart < 0.05 * largest, `${apart} apart, the largest is ${largest}`);
    const [a, b] = [await evaluate(model, valid), await evaluate(model, valid, { precision: "bf16" })];
    assert.ok(Math.abs(a.loss - b.loss) < 0.05);
    model.dispose();
  });

  it("bf16 learns as float32 does, from features kept in half the room, and leaks nothing", async () => {
    if (engine !== "tensorflow") return;
    const before = tf.memory().numTensors;
    const losses: number[] = [];
    const bytes: number[] = [];
    for (const precision of ["fp32", "bf16"] as const) {
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
    assert.ok(Math.abs(losses[0] - losses[1]) < 0.1, `losses ${losses}`);
    assert.equal(bytes[1], bytes[0] / 2);
    assert.equal(tf.memory().numTensors, before);
  });

  it("features of one precision do not serve the other", async () => {
    if (engine !== "tensorflow") return;
    const model = await loadTiny();
    topNLayerFreeze(model, 1);
    const features = new FrozenFeatures(model);
    const runs = async (precision: "fp32" | "bf16") => {
      let batches = 0;
      for await (const _ of features.prepare(train, 2, 16, precision)) batches++;
      return batches;
    };
    assert.deepEqual([await runs("bf16"), await runs("bf16"), await runs("fp32")], [4, 0, 4]);
    features.dispose();
    model.dispose();
  });
});
