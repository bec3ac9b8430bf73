import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { assertClose } from "../close";
import { toyRows } from "../training/toyData";
import { againstPyTorch, fixture } from "./againstPyTorch";
import { variant } from "./variant";

const FIXTURES = ["modernbert", "modernbert-mean"];

// The last norm belongs to the head: it feeds no block.
const belongs = (name: string, n: number) =>
  name.includes(".embeddings.") ||
  Array.from({ length: n }, (_, i) => `.layers.${i}.`).some((block) => name.includes(block));

for (const name of FIXTURES) againstPyTorch(name, { frozenBy: 1, belongs });

describe("ModernBERT", () => {
  before(() => useEngine("onnxruntime"));

  const load = (from: string, options = {}) =>
    AutoModelForSequenceClassification.fromPretrained(from, { log: assert.fail, ...options });

  const logitsOf = (model: SequenceClassifier, name: string): Float32Array => {
    const { logits } = model.forward(fixture(name).rows);
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    return values;
  };

  it("freezes by its stages what freeze.ts freezes by the names alone", async () => {
    for (const name of FIXTURES) {
      const [one, other] = [await load(fixture(name).folder), await load(fixture(name).folder)];
      const named = { namedParameters: () => other.namedParameters() };
      for (let n = 0; n <= one.depth; n++)
        assert.deepEqual(topNLayerFreeze(one, n), topNLayerFreeze(named, n), `${name}, N = ${n}`);
      one.dispose();
      other.dispose();
    }
  });

  it("reads configs from before Transformers 5, where the kinds of layers and both thetas have other names", async () => {
    const older = {
      layer_types: undefined,
      rope_parameters: undefined,
      global_attn_every_n_layers: 3,
      global_rope_theta: 160000,
      local_rope_theta: 10000,
    };
    const model = await load(variant("modernbert", older));
    assertClose(logitsOf(model, "modernbert"), fixture("modernbert").expected.logits.flat(), 1e-5);
    const { global_rope_theta: _, local_rope_theta: __, ...defaults } = older;
    const again = await load(variant("modernbert", defaults));
    assert.deepEqual(logitsOf(again, "modernbert"), logitsOf(model, "modernbert"));
    const turned = await load(variant("modernbert", { ...older, global_rope_theta: 100 }));
    assert.notDeepEqual(logitsOf(turned, "modernbert"), logitsOf(model, "modernbert"));
    for (const each of [model, again, turned]) each.dispose();
  });

  it("computes the last block for the [CLS] rows alone, and for all rows where it pools the mean", async () => {
    for (const [name, rows] of [
      ["modernbert", 6],
      ["modernbert-mean", 6 * 20],
    ] as const) {
      const model = await load(fixture(name).folder);
      const data = { ...toyRows(6), inputIds: toyRows(6).inputIds.map((ids) => ids.map((id) => id % 60)) };
      const features = new FrozenFeatures(model);
      for await (const _ of features.prepare(data, model.depth + 1, 4));
      const batch = features.batch(data, [0, 1, 2, 3, 4, 5], 20);
      assert.equal(batch.shape[0], rows, name);
      batch.dispose();
      features.dispose();
      model.dispose();
    }
  });

  for (const name of FIXTURES)
    it(`${name}: trains to the same weights with the frozen blocks' output kept as without`, async () => {
      const data = { ...toyRows(8), inputIds: toyRows(8).inputIds.map((ids) => ids.map((id) => id % 60)) };
      const probabilities: Float32Array[] = [];
      // The fixtures have no dropout, so that all `frozenDropout` changes is that nothing is kept.
      for (const frozenDropout of [false, true]) {
        const before = tf.memory().numTensors;
        const model = await load(fixture(name).folder, {
          classes: ["odd", "even"],
          ignoreMismatchedSizes: true,
          log: () => {},
        });
        topNLayerFreeze(model, model.depth);
        await fineTune(
          model,
          { train: data },
          { epochs: 2, batchSize: 4, learningRate: 1e-2, frozenDropout },
        );
        probabilities.push((await predict(model, data)).probabilities as Float32Array);
        model.dispose();
        assert.equal(tf.memory().numTensors, before);
      }
      assertClose(probabilities[0], probabilities[1], 1e-5);
    });

  it("gives a text the same logits alone and beside longer ones", async () => {
    for (const name of FIXTURES) {
      const model = await load(fixture(name).folder);
      const { inputIds, attentionMask } = fixture(name).rows;
      const alone = model.forward({ inputIds: [inputIds[2].slice(0, attentionMask![2].indexOf(0))] });
      assertClose(alone.logits, fixture(name).expected.logits[2], 1e-5, name);
      alone.logits.dispose();
      model.dispose();
    }
  });

  it("draws a new head as Transformers does: normal of deviation 1 / √hidden, cut at twice that", async () => {
    const model = await load(fixture("modernbert").folder, {
      numLabels: 100,
      ignoreMismatchedSizes: true,
      log: () => {},
    });
    const values = [...model.parameter("classifier.weight").value.dataSync()];
    const unit = 1 / Math.sqrt(32);
    assert.ok(values.every((x) => Math.abs(x) <= 2 * unit));
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    // A normal distribution cut at ±2 has a deviation of 0.880.
    assert.ok(Math.abs(deviation / unit - 0.88) < 0.03, `${deviation / unit}`);
    model.dispose();
  });

  it("says in one line which configurations it does not follow", async () => {
    const rejects = (fields: Record<string, unknown>, message: RegExp) =>
      assert.rejects(load(variant("modernbert", fields)), { name: "InputError", message });
    await rejects({ classifier_pooling: "max" }, /expected cls or mean as classifier_pooling, got "max"/);
    await rejects(
      { layer_types: ["full_attention"] },
      /expected 3 of full_attention or sliding_attention as layer_types/,
    );
    await rejects(
      { rope_parameters: { full_attention: { rope_type: "yarn", rope_theta: 1e4 } } },
      /expected default rotary positions as rope_parameters, got .*yarn/,
    );
    await rejects({ rope_scaling: { type: "linear" } }, /expected default rotary positions as rope_scaling/);
  });
});
