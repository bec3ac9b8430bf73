import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { listParams, topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { addLora, mergeLora, removeLora, unmergeLora } from "../../src/recipes/addLora";
import { fineTune } from "../../src/training/fineTune";
import { assertClose, distance } from "../close";
import { noPython, readInPython } from "../inPython";
import { onEveryFastEngine } from "../onEveryEngine";
import { readAll } from "../readAll";
import { loadTiny, toyRows } from "../training/toyData";

const rows = {
  inputIds: [
    [2, 17, 30, 45, 3],
    [2, 50, 61, 3, 0],
  ],
  attentionMask: [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 1, 0],
  ],
};
const train = toyRows(48);
const options = { epochs: 2, batchSize: 8, learningRate: 1e-2, seed: 1 };
const fixture = (name: string) => join(__dirname, "../fixtures/models", name);
const load = (name: string) => Auto.fromPretrained(fixture(name), { log: () => {} });

const logitsOf = (model: SequenceClassifier) => {
  const { logits } = model.forward(rows);
  const values = logits.dataSync().slice();
  logits.dispose();
  return values;
};
const weightsOf = (model: SequenceClassifier) =>
  new Map(model.namedParameters().map(([name, { value }]) => [name, value.dataSync().slice()]));

onEveryFastEngine("addLora", () => {
  it("lists PEFT's names and shapes, and leaves them and the head alone trainable", async () => {
    const model = await loadTiny();
    const names = addLora(model, { rank: 4 });
    assert.equal(names.length, 3 * 2 * 2);
    assert.deepEqual(
      listParams(model, "layer.0.*lora_*".replace(/^/, "*")).map(({ name, shape }) => [name, shape]),
      ["query", "value"].flatMap((part) => [
        [`bert.encoder.layer.0.attention.self.${part}.lora_A.weight`, [4, 32]],
        [`bert.encoder.layer.0.attention.self.${part}.lora_B.weight`, [32, 4]],
      ]),
    );
    const head = ["pooler.dense", "classifier"].flatMap((part) => [`${part}.weight`, `${part}.bias`]);
    assert.deepEqual(
      listParams(model).flatMap(({ name, requiresGrad }) =>
        requiresGrad ? name.replace(/^bert\.(?=pooler)/, "") : [],
      ),
      [...head, ...names],
    );
    model.dispose();
  });

  for (const family of ["bert", "roberta", "distilbert", "electra", "albert", "deberta-v2"])
    it(`starts as the model it is put on, but for the order of sums, and is taken off again to the bit: ${family}`, async () => {
      const model = await load(family);
      readAll(model);
      const before = logitsOf(model);
      const tensors = tf.memory().numTensors;
      addLora(model, { rank: 2 });
      assert.ok(tf.memory().numTensors > tensors);
      // A last block makes values of each token where they are adapted, and else of their sum.
      assertClose(logitsOf(model), before, 2e-6);
      removeLora(model);
      assert.equal(tf.memory().numTensors, tensors);
      assertClose(logitsOf(model), before, 0);
      assert.equal(listParams(model).filter(({ name }) => name.includes("lora")).length, 0);
      model.dispose();
    });

  it("trains the adapters and the head, and leaves every other weight bit-identical", async () => {
    const model = await loadTiny();
    const adapters = new Set(addLora(model, { rank: 4, alpha: 8, dropout: 0.1 }));
    const before = weightsOf(model);
    const tensors = tf.memory().numTensors;
    const { epochs } = await fineTune(model, { train }, { ...options, epochs: 4 });
    assert.equal(tf.memory().numTensors, tensors);
    assert.ok(epochs[3].trainLoss < epochs[0].trainLoss - 0.05, JSON.stringify(epochs));
    for (const [name, values] of weightsOf(model)) {
      const moved = distance(values, before.get(name)!);
      const learns = adapters.has(name) || /pooler|classifier/.test(name);
      assert.ok(learns ? moved > 0 : moved === 0, `${name} moved by ${moved}`);
    }
    model.dispose();
  });

  it("merges to the same outputs within 1e-5, and back to the same weights", async () => {
    const model = await loadTiny();
    addLora(model, { rank: 4 });
    await fineTune(model, { train }, options);
    const [apart, weights] = [logitsOf(model), weightsOf(model)];
    mergeLora(model);
    mergeLora(model);
    assertClose(logitsOf(model), apart, 1e-5);
    const query = "bert.encoder.layer.0.attention.self.query.weight";
    assert.ok(distance(weightsOf(model).get(query)!, weights.get(query)!) > 1e-3);
    await assert.rejects(async () => {
      await fineTune(model, { train }, options);
    }, /merged into its weight/);
    unmergeLora(model);
    unmergeLora(model);
    assertClose(logitsOf(model), apart, 1e-5);
    for (const [name, values] of weightsOf(model)) assertClose(values, weights.get(name)!, 1e-6, name);
    model.dispose();
  });

  it("saves the merged checkpoint, whose logits are the adapted model's, and keeps both apart here", async () => {
    const folder = mkdtempSync(join(tmpdir(), "frostkit-lora-"));
    const model = await loadTiny();
    addLora(model, { rank: 4 });
    await fineTune(model, { train }, options);
    const [apart, weights] = [logitsOf(model), weightsOf(model)];
    await model.savePretrained(join(folder, "merged"));
    for (const [name, values] of weightsOf(model)) assertClose(values, weights.get(name)!, 0, name);
    const saved = await Auto.fromPretrained(join(folder, "merged"), { log: (line) => assert.fail(line) });
    assertClose(logitsOf(saved), apart, 1e-5);
    if (!noPython) {
      const read = readInPython([join(folder, "merged")], rows)[join(folder, "merged")];
      assert.deepEqual(read.warnings, []);
      assertClose(read.logits.flat(), apart, 1e-5);
    }
    saved.dispose();
    model.dispose();
    rmSync(folder, { recursive: true });
  });

  it("draws A from its seed: the same seed trains to the same numbers, another one to others", async () => {
    const losses = async (seed: number) => {
      const model = await loadTiny();
      addLora(model, { rank: 2, dropout: 0.1, seed });
      const { epochs } = await fineTune(model, { train }, options);
      model.dispose();
      return epochs.map(({ trainLoss }) => trainLoss);
    };
    const first = await losses(3);
    assert.deepEqual(await losses(3), first);
    assert.notDeepEqual(await losses(4), first);
  });

  it("freezes the adapters of a block with the block, and says so", async (t) => {
    const told = t.mock.method(console, "warn", () => {});
    const model = await loadTiny();
    addLora(model);
    topNLayerFreeze(model, 2);
    assert.deepEqual(
      told.mock.calls.map(({ arguments: [line] }) => String(line).replace(/:.*;/, ": …;")),
      ['frostkit: …; unfreezeWhere(model, ".lora_") lets them learn'],
    );
    assert.deepEqual(
      listParams(model, "lora_A").map(({ requiresGrad }) => requiresGrad),
      [false, false, false, false, true, true],
    );
    model.dispose();
  });

  it("refuses a second set, a rank of nothing, and families without a query of their own", async () => {
    const model = await loadTiny();
    assert.throws(() => addLora(model, { rank: 0 }), /rank: expected an integer of at least 1, got 0/);
    assert.throws(() => mergeLora(model), /has no adapters; addLora/);
    addLora(model);
    assert.throws(() => addLora(model), /has adapters already/);
    model.dispose();
    const modern = await load("modernbert");
    assert.throws(() => addLora(modern), /query and value layers of their own, which modernbert has not/);
    modern.dispose();
  });
});
