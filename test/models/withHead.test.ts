import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import {
  AutoModelForSequenceClassification as Auto,
  type FromPretrainedOptions,
} from "../../src/checkpoint/AutoModelForSequenceClassification";
import { freezeWhere, listParams, topNLayerFreeze } from "../../src/freeze";
import { type CustomHead, type Head, isRecurrent } from "../../src/models/Head";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { POOLINGS } from "../../src/options/words";
import { addLora } from "../../src/recipes/addLora";
import { bitFit } from "../../src/recipes/bitFit";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { readAll } from "../readAll";
import { toyRows } from "../training/toyData";

const rows = {
  inputIds: [
    [2, 17, 30, 45, 3],
    [2, 50, 3, 0, 0],
  ],
  attentionMask: [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 0, 0],
  ],
};
const lengths = [5, 3];
const train = toyRows(64);
const valid = toyRows(24, "valid");
const options = { epochs: 3, batchSize: 8, learningRate: 3e-3, seed: 1 };

const load = (family: string, more: FromPretrainedOptions = {}) =>
  Auto.fromPretrained(join(__dirname, "../fixtures/models", family), {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log: () => {},
    ...more,
  });

/** Two dense layers over the mean and the [CLS] row of the last layer. */
const custom: CustomHead = {
  parameters: ({ hidden, numLabels }) => ({
    "dense.weight": [2 * hidden, 16],
    "dense.bias": [16],
    "out.weight": [16, numLabels],
    "out.bias": [numLabels],
  }),
  forward: ([last], p, { mask, dropout }) => {
    const seen = tf.expandDims(mask, 2);
    const mean = tf.div(tf.sum(tf.mul(last, seen), 1), tf.sum(seen, 1));
    const first = tf.squeeze(tf.slice(last, [0, 0, 0], [-1, 1, -1]), [1]);
    const wide = tf.relu(tf.add(tf.matMul(tf.concat([mean, first], 1), p["dense.weight"]), p["dense.bias"]));
    return tf.add(tf.matMul(dropout(wide, 0.1), p["out.weight"]), p["out.bias"]);
  },
};

/** The logits that a pooling head should give of the hidden states, row by row in plain numbers. */
function expected(
  model: SequenceClassifier,
  hiddenStates: tf.Tensor3D[],
  head: Exclude<Head, CustomHead>,
): number[] {
  const { pooling, lastLayers = 1 } = head;
  const states = hiddenStates
    .slice(-lastLayers)
    .reverse()
    .map((state) => state.arraySync());
  const number = (name: string) => model.parameter(name).value.arraySync();
  const dense = (x: number[], name: string) => {
    const [weight, bias] = [number(`${name}.weight`) as number[][], number(`${name}.bias`) as number[]];
    return weight.map((row, i) => row.reduce((sum, w, j) => sum + w * x[j], bias[i]));
  };
  return lengths.flatMap((length, text) => {
    const tokens = Array.from({ length }, (_, t) => states.flatMap((state) => state[text][t]));
    const shares = () => {
      const scores = tokens.map(
        (x) => dense(dense(x, "head.attention.dense").map(Math.tanh), "head.attention.score")[0],
      );
      const powers = scores.map(Math.exp);
      return powers.map((power) => power / powers.reduce((a, b) => a + b));
    };
    const weights = {
      cls: () => [1],
      mean: () => tokens.map(() => 1 / length),
      attention: shares,
    };
    if (pooling === "gru" || pooling === "lstm")
      throw new Error("PyTorch's numbers are in headsAgainstPyTorch");
    const largest = () => tokens[0].map((_, i) => Math.max(...tokens.map((x) => x[i])));
    const weighted = (w: number[]) =>
      tokens[0].map((_, i) => tokens.reduce((sum, x, t) => sum + (w[t] ?? 0) * x[i], 0));
    const pooled = () => {
      if (pooling === "max") return largest();
      if (pooling === "firstRows")
        return [0, 1, 2, 3].flatMap((t) => tokens[t] ?? Array<number>(tokens[0].length).fill(0));
      if (pooling === "meanMax") return [...weighted(weights.mean()), ...largest()];
      return weighted(weights[pooling]());
    };
    return dense(pooled(), "head.classifier");
  });
}

onEveryFastEngine("heads", () => {
  for (const family of ["bert", "distilbert", "deberta-v2", "modernbert"])
    for (const pooling of POOLINGS.filter((name) => !isRecurrent(name)))
      for (const lastLayers of [1, 2])
        it(`${pooling} pooling of the last ${lastLayers} gives the hidden states' own: ${family}`, async () => {
          const head = { pooling, lastLayers };
          const model = await load(family, { head });
          const { logits } = model.forward(rows);
          const { hiddenStates } = model.forward(rows, { outputHiddenStates: true });
          assertClose(logits, expected(model, hiddenStates, head), 1e-4);
          tf.dispose([logits, ...hiddenStates]);
          model.dispose();
        });

  const heads: Record<string, Head> = {
    cls: { pooling: "cls" },
    mean: { pooling: "mean", dropoutSamples: 5 },
    max: { pooling: "max" },
    "mean and maximum of 2 layers": { pooling: "meanMax", lastLayers: 2 },
    "attention over 3 layers": { pooling: "attention", lastLayers: 3 },
    "the sum of all layers": { pooling: "mean", useWeightedLayerSum: true },
    "first rows": { pooling: "firstRows", rows: 3 },
    "GRU of 2 layers": { pooling: "gru", lastLayers: 2 },
    "LSTM, both ways": { pooling: "lstm", hiddenSize: 12, bidirectional: true },
    custom,
  };
  for (const [name, head] of Object.entries(heads)) {
    it(`learns with frozen blocks below, kept features or not, and leaks nothing: ${name}`, async () => {
      const model = await load("bert", { head });
      topNLayerFreeze(model, 2);
      readAll(model);
      const tensors = tf.memory().numTensors;
      const { epochs } = await fineTune(model, { train, valid }, options);
      assert.equal(tf.memory().numTensors, tensors);
      assert.ok(
        epochs[2].trainLoss < epochs[0].trainLoss,
        JSON.stringify(epochs.map((epoch) => epoch.trainLoss)),
      );
      model.dispose();

      const again = await load("bert", { head });
      topNLayerFreeze(again, 2);
      const uncached = await fineTune(again, { train, valid }, { ...options, frozenDropout: true });
      for (const [i, { trainLoss }] of uncached.epochs.entries())
        assert.ok(Math.abs(trainLoss - epochs[i].trainLoss) < 1e-4, `epoch ${i + 1}`);
      again.dispose();
    });

    it(`is saved, and loads to the same logits: ${name}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "frostkit-head-"));
      const model = await load("bert", { head });
      await fineTune(model, { train }, { ...options, epochs: 1 });
      await model.savePretrained(join(folder, "model"));
      const config = JSON.parse(readFileSync(join(folder, "model/config.json"), "utf8"));
      assert.deepEqual(config.architectures, ["BertModel"]);
      if (head === custom)
        await assert.rejects(
          Auto.fromPretrained(join(folder, "model")),
          /saved with a head of its own, expected that as the option head/,
        );
      const saved = await Auto.fromPretrained(join(folder, "model"), {
        ...(head === custom && { head }),
        log: (line) => assert.fail(line),
      });
      const [a, b] = [model, saved].map((each) => each.forward(rows).logits);
      assertClose(a, b, 0);
      tf.dispose([a, b]);
      model.dispose();
      saved.dispose();
      rmSync(folder, { recursive: true });
    });
  }

  it("lists its parameters by name, and the pooler that it replaces is gone", async () => {
    const model = await load("bert", { head: custom });
    assert.deepEqual(
      listParams(model, "head.").map(({ name, shape }) => [name, shape]),
      [
        ["head.dense.weight", [64, 16]],
        ["head.dense.bias", [16]],
        ["head.out.weight", [16, 2]],
        ["head.out.bias", [2]],
      ],
    );
    assert.ok(!model.namedParameters().some(([name]) => /pooler|classifier/.test(name)));
    assert.ok(model.unused.includes("bert.pooler.dense.weight"));
    model.dispose();
  });

  it("changes only what is trainable of a custom head, and trains it under every recipe", async () => {
    const model = await load("bert", { head: custom });
    bitFit(model);
    freezeWhere(model, "head.dense.");
    const before = model.parameter("head.dense.weight").stamp;
    const out = model.parameter("head.out.weight").stamp;
    await fineTune(model, { train }, { ...options, epochs: 1 });
    assert.equal(model.parameter("head.dense.weight").stamp, before);
    assert.notEqual(model.parameter("head.out.weight").stamp, out);
    model.dispose();
    const adapted = await load("bert", { head: { pooling: "mean", lastLayers: 2 } });
    assert.equal(addLora(adapted).length, 12);
    await fineTune(adapted, { train }, { ...options, epochs: 1 });
    const b = adapted.parameter("bert.encoder.layer.2.attention.self.value.lora_B.weight");
    assert.ok(b.value.dataSync().some((value) => value !== 0));
    adapted.dispose();
  });

  it("caches of frozen blocks each layer that a sum of layers reads, and computes the same from them", async () => {
    const head: Head = { pooling: "cls", useWeightedLayerSum: true };
    const losses = async (n: number, frozenDropout: boolean) => {
      const model = await load("bert", { head });
      topNLayerFreeze(model, n);
      const features = new FrozenFeatures(model);
      const { epochs } = await fineTune(
        model,
        { train },
        { ...options, ...(frozenDropout ? { frozenDropout } : { features }) },
      );
      const { memory } = features.bytes();
      features.dispose();
      const learnt = await model.parameter("head.layer_weights").data();
      assert.ok(learnt.every((weight) => weight !== 0));
      model.dispose();
      return { losses: epochs.map(({ trainLoss }) => trainLoss), width: memory / 4 / tokens };
    };
    const tokens = train.inputIds.reduce((sum, ids) => sum + ids.length, 0);
    // Of three blocks: what is frozen of them, side by side.
    for (const [n, layers] of [
      [1, 1],
      [2, 2],
      [3, 3],
    ]) {
      const [cached, again] = [await losses(n, false), await losses(n, true)];
      assert.equal(cached.width, 32 * layers, `N = ${n}`);
      assertClose(cached.losses, again.losses, 1e-4, `N = ${n}`);
    }
  });

  it("learns the same of a sweep's features, which one more block is pushed through, as by itself", async () => {
    const head: Head = { pooling: "mean", useWeightedLayerSum: true };
    const model = await load("bert", { head });
    const { records } = await freezeSweep({ model, train, valid, n: [1, 2, 3], epochs: 1, seeds: [1] });
    model.dispose();
    for (const { n, epochs: learnt } of records) {
      const alone = await load("bert", { head });
      const sweep = await freezeSweep({ model: alone, train, valid, n: [n], epochs: 1, seeds: [1] });
      assertClose([sweep.records[0].epochs[0].trainLoss], [learnt[0].trainLoss], 1e-5, `N = ${n}`);
      alone.dispose();
    }
    assert.equal(records.length, 3);
  });

  it("draws a recurrent layer as PyTorch does, within 1 / √hiddenSize, and weights of layers as equal", async () => {
    const model = await load("bert", {
      head: { pooling: "gru", hiddenSize: 16, bidirectional: true, lastLayers: 2, useWeightedLayerSum: true },
    });
    for (const [name, parameter] of model.namedParameters()) {
      if (!name.startsWith("head.gru.")) continue;
      const values = [...(await parameter.data())].map(Math.abs);
      assert.ok(Math.max(...values) < 1 / 4 && Math.max(...values) > 0.7 / 4, name);
    }
    assert.deepEqual([...(await model.parameter("head.layer_weights").data())], [0, 0]);
    assert.deepEqual(
      listParams(model, "head.").map(({ name, shape }) => [name.replace("head.", ""), shape]),
      [
        ["layer_weights", [2]],
        ["gru.weight_ih_l0", [48, 32]],
        ["gru.weight_hh_l0", [48, 16]],
        ["gru.bias_ih_l0", [48]],
        ["gru.bias_hh_l0", [48]],
        ["gru.weight_ih_l0_reverse", [48, 32]],
        ["gru.weight_hh_l0_reverse", [48, 16]],
        ["gru.bias_ih_l0_reverse", [48]],
        ["gru.bias_hh_l0_reverse", [48]],
        ["classifier.weight", [2, 32]],
        ["classifier.bias", [2]],
      ],
    );
    model.dispose();
  });

  it("draws head and dropout by seed: the same seed, the same numbers", async () => {
    const losses = async (seed: number) => {
      const model = await load("bert", { head: custom, seed });
      const { epochs } = await fineTune(model, { train }, { ...options, seed });
      model.dispose();
      return epochs.map(({ trainLoss }) => trainLoss);
    };
    const first = await losses(1);
    assert.deepEqual(await losses(1), first);
    assert.notDeepEqual(await losses(2), first);
  });

  it("is swept like any head, and records of another head are not taken for its own", async () => {
    const out = mkdtempSync(join(tmpdir(), "frostkit-head-"));
    const ran = async (head: Head) => {
      const model = await load("bert", { head });
      let count = 0;
      for await (const event of freezeSweep({ model, train, valid, n: [3], epochs: 1, out }))
        if (event.type === "trial") count++;
      model.dispose();
      return count;
    };
    assert.equal(await ran({ pooling: "mean" }), 1);
    assert.equal(await ran({ pooling: "mean" }), 0);
    await assert.rejects(ran({ pooling: "max" }), /holds records of another sweep: another model;/);
    rmSync(out, { recursive: true });
  });

  it("a mean by a head of one's own, as docs/recipes.md writes it, is the pooling of that name", async () => {
    const [, code] = /const head: CustomHead = (\{[\s\S]*?\n\});\n/.exec(
      readFileSync(join(__dirname, "../../docs/recipes.md"), "utf8"),
    )!;
    const plain = code.replaceAll(" as tf.Tensor2D", ""); // types are not JavaScript
    const head = new Function("tf", `return ${plain};`)(tf) as CustomHead;
    const [own, mean] = [await load("bert", { head }), await load("bert", { head: { pooling: "mean" } })];
    const weight = mean.parameter("head.classifier.weight");
    weight.assign(tf.transpose(own.parameter("head.out.weight").value));
    const [a, b] = [own, mean].map((model) => model.forward(rows).logits);
    assertClose(a, b, 1e-5);
    tf.dispose([a, b]);
    own.dispose();
    mean.dispose();
  });

  it("says what does not fit", async () => {
    const rejects = (head: Head, message: RegExp) => assert.rejects(load("bert", { head }), message);
    await rejects(
      { pooling: "sum" as "mean" },
      /head\.pooling: expected one of cls, mean, max, meanMax, attention, firstRows, gru, lstm, got "sum"/,
    );
    await rejects(
      { pooling: "mean", lastLayers: 4 },
      /head\.lastLayers: expected an integer from 1 to 3, got 4/,
    );
    await rejects(
      { pooling: "mean", rows: 3 },
      /head\.rows: expected with the pooling firstRows alone, got it with mean; leave it out$/,
    );
    for (const more of [{ hiddenSize: 8 }, { bidirectional: false }])
      await rejects(
        { pooling: "attention", ...more },
        /head\.(hiddenSize|bidirectional): expected with the pooling gru or lstm alone, got it with attention; leave it out$/,
      );
    await rejects({ pooling: "lstm", hidden_size: 8 } as Head, /hidden_size.*hiddenSize/);
    await rejects({ ...custom, parameters: () => ({}) }, /head: expected at least one parameter/);
    const model = await load("bert", { head: { ...custom, forward: ([last]) => tf.sum(last, 1) } });
    assert.throws(
      () => model.forward(rows),
      /forward to give logits \[batch, labels\], here \[2, 2\], got \[2,32\]/,
    );
    model.dispose();
  });

  it("reinitLayers draws the last blocks anew, by seed, and leaves those below as they were", async () => {
    const [plain, fresh, other] = await Promise.all([
      load("bert"),
      load("bert", { reinitLayers: 2, seed: 1 }),
      load("bert", { reinitLayers: 2, seed: 2 }),
    ]);
    const value = (model: SequenceClassifier, layer: number) => [
      ...model.parameter(`bert.encoder.layer.${layer}.output.dense.weight`).value.dataSync(),
    ];
    assert.deepEqual(value(fresh, 0), value(plain, 0));
    for (const layer of [1, 2]) {
      assert.notDeepEqual(value(fresh, layer), value(plain, layer));
      assert.notDeepEqual(value(fresh, layer), value(other, layer));
      const norm = fresh.parameter(`bert.encoder.layer.${layer}.output.LayerNorm.weight`).value.dataSync();
      assert.ok(norm.every((weight) => weight === 1));
    }
    assert.equal(fresh.newlyInitialized.filter((name) => name.includes(".layer.2.")).length, 16);
    fresh.reinitialize(2);
    assert.deepEqual(value(fresh, 2), value(other, 2));
    for (const model of [plain, fresh, other]) model.dispose();
    await assert.rejects(load("bert", { reinitLayers: 4 }), /reinitLayers: expected an integer from 0 to 3/);
  });
});
