import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { useEngine } from "../../src/engine/useEngine";
import { assertClose } from "../close";
import { loadTiny, tinyBert, tinyBertWith } from "../training/toyData";

const pretrained = join(__dirname, "../fixtures/mini-bert-en");
const input = { inputIds: [[2, 17, 42, 99, 3]] };

describe("AutoModelForSequenceClassification.fromPretrained", () => {
  let folder = "";
  before(async () => {
    await useEngine("onnxruntime");
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The tiny BERT's checkpoint under other names. */
  async function renamed(name: string, rename: (name: string) => string | null): Promise<string> {
    const checkpoint = openCheckpoint(tinyBert);
    const tensors = [...checkpoint.tensors.values()].flatMap(({ name, shape }) => {
      const other = rename(name);
      return other === null ? [] : [{ name: other, shape, data: () => checkpoint.readFloat32(name) }];
    });
    await saveCheckpoint(join(folder, name), { config: checkpoint.config, tensors });
    checkpoint.close();
    return join(folder, name);
  }

  async function logitsOf(from: string): Promise<Float32Array> {
    const model = await Auto.fromPretrained(from, { log: assert.fail });
    const { logits } = model.forward(input);
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    model.dispose();
    return values;
  }

  it("loads an encoder without a head, and says what it drew anew and what it left", async () => {
    const notes: string[] = [];
    const model = await Auto.fromPretrained(pretrained, { numLabels: 3, log: (line) => notes.push(line) });
    assert.deepEqual(model.newlyInitialized, ["classifier.weight", "classifier.bias"]);
    assert.equal(notes[0], "newly initialised: classifier.weight, classifier.bias");
    assert.match(notes[1], /^not used from the checkpoint: cls\.predictions\./);
    assert.equal(notes.length, 2);
    assert.deepEqual(model.parameter("classifier.weight").shape, [3, 192]);
    assert.equal(model.depth, 6);
    assert.equal(model.maxTokens, 256);
    model.dispose();
  });

  it("draws a new head as Transformers does: normal weights of the config's range, zero biases, by seed", async () => {
    const head = async (seed: number) => {
      const model = await Auto.fromPretrained(pretrained, { numLabels: 50, seed, log: () => {} });
      const values = model.parameter("classifier.weight").value.dataSync() as Float32Array;
      assert.ok(
        model
          .parameter("classifier.bias")
          .value.dataSync()
          .every((x) => x === 0),
      );
      model.reinitialize(seed);
      assert.deepEqual(model.parameter("classifier.weight").value.dataSync(), values);
      model.dispose();
      return values;
    };
    const values = await head(1);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    assert.ok(Math.abs(mean) < 1e-3 && Math.abs(sd - 0.02) < 1e-3, `mean ${mean}, sd ${sd}`);
    assert.notDeepEqual(await head(2), values);
    assert.deepEqual(await head(1), values);
  });

  it("loads a checkpoint without the bert. prefix, and norms under their old names", async () => {
    const expected = await logitsOf(tinyBert);
    const bare = await renamed("bare", (name) => name.replace(/^bert\./, ""));
    assertClose(await logitsOf(bare), expected, 0);
    const old = await renamed("old", (name) =>
      name.replace(/LayerNorm\.weight$/, "LayerNorm.gamma").replace(/LayerNorm\.bias$/, "LayerNorm.beta"),
    );
    assertClose(await logitsOf(old), expected, 0);
  });

  it("gives the same logits from pytorch_model.bin as from its safetensors twin", async () => {
    const twin = join(__dirname, "../fixtures/torch/model");
    const ids = { inputIds: [[2, 17, 21, 9, 3]] };
    const run = async (from: string) => {
      const model = await Auto.fromPretrained(from, { log: assert.fail });
      const { logits } = model.forward(ids);
      const values = logits.dataSync();
      logits.dispose();
      model.dispose();
      return values;
    };
    const expected = await run(twin);
    for (const file of ["pytorch_model.bin", "legacy.bin"]) {
      const to = mkdtempSync(join(folder, "bin-"));
      copyFileSync(join(twin, "config.json"), join(to, "config.json"));
      copyFileSync(join(twin, file), join(to, "pytorch_model.bin"));
      assert.deepEqual(await run(to), expected, file);
    }
  });

  it("draws what a checkpoint lacks inside, not only the head", async () => {
    const hollow = await renamed("hollow", (name) => (name.includes("pooler") ? null : name));
    const notes: string[] = [];
    const model = await Auto.fromPretrained(hollow, { log: (line) => notes.push(line) });
    assert.deepEqual(notes, ["newly initialised: bert.pooler.dense.weight, bert.pooler.dense.bias"]);
    model.dispose();
  });

  it("keeps the labels' names and the kind of problem in the config, in both directions", async () => {
    const model = await loadTiny(tinyBert, { classes: ["calm", "alarm"] });
    const to = join(folder, "named");
    await model.savePretrained(to);
    const config = JSON.parse(readFileSync(join(to, "config.json"), "utf8"));
    assert.deepEqual(config.id2label, { 0: "calm", 1: "alarm" });
    assert.deepEqual(config.label2id, { calm: 0, alarm: 1 });
    assert.equal(config.problem_type, "single_label_classification");
    assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
    const again = await Auto.fromPretrained(to, { log: assert.fail });
    assert.deepEqual(again.classes, ["calm", "alarm"]);
    model.dispose();
    again.dispose();
  });

  it("leaves out the config's own count of labels, which in Python would outweigh their names", async () => {
    const model = await loadTiny(tinyBertWith({ num_labels: 3, id2label: null }), { classes: ["a", "b"] });
    assert.ok(!("num_labels" in model.config));
    assert.deepEqual(model.config.id2label, { 0: "a", 1: "b" });
    model.dispose();
  });

  it("saves weights that load to the same logits, to rounding in half precision", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    const expected = await logitsOf(tinyBert);
    for (const [dtype, tolerance] of [
      ["F32", 0],
      ["F16", 0.02],
      ["BF16", 0.15],
    ] as const) {
      await model.savePretrained(join(folder, dtype), { dtype });
      assertClose(await logitsOf(join(folder, dtype)), expected, tolerance, dtype);
    }
    model.dispose();
  });

  it("takes a dtype however it is spelt; one that it cannot write leaves a saved model as it was", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    const saved = join(folder, "spelt");
    const file = join(saved, "model.safetensors");
    const spellings = {
      fp16: ["fp16", "float16", "F16", "f16", "half", "torch.float16"],
      bf16: ["bf16", "bfloat16", "BF16", "BFloat16"],
      fp32: ["fp32", "float32", "F32"],
    };
    for (const [kit, names] of Object.entries(spellings)) {
      await model.savePretrained(saved, { dtype: kit as "fp16" });
      const expected = readFileSync(file);
      for (const dtype of names) {
        await model.savePretrained(saved, { dtype: dtype as "fp16" });
        assert.deepEqual(readFileSync(file), expected, dtype);
      }
    }
    const before = readFileSync(file);
    for (const dtype of ["F64", "I8", "int8", "fp8", "", "constructor", null, 16])
      await assert.rejects(model.savePretrained(saved, { dtype: dtype as "fp16" }), {
        name: "InputError",
        message: `dtype: expected one of fp32, bf16, fp16 (or float32, bfloat16, float16), got ${JSON.stringify(dtype)}`,
      });
    assert.deepEqual(readFileSync(file), before);
    model.dispose();
  });

  it("carries the tokenizer's files along", async () => {
    const model = await Auto.fromPretrained(pretrained, { log: () => {} });
    await model.savePretrained(join(folder, "pretrained"));
    for (const file of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"])
      assert.deepEqual(readFileSync(join(folder, "pretrained", file)), readFileSync(join(pretrained, file)));
    model.dispose();
  });

  it("makes a regression of one label, and several labels when asked to", async () => {
    const one = await Auto.fromPretrained(pretrained, { numLabels: 1, log: () => {} });
    assert.equal(one.problemType, "regression");
    const many = await Auto.fromPretrained(pretrained, {
      classes: ["a", "b"],
      problemType: "multi_label_classification",
      log: () => {},
    });
    assert.equal(many.problemType, "multi_label_classification");
    one.dispose();
    many.dispose();
  });

  it("refuses a head of another size unless it may start anew", async () => {
    await assert.rejects(Auto.fromPretrained(tinyBert, { numLabels: 5 }), {
      name: "InputError",
      message:
        /^classifier\.weight: the model's config asks for shape \[5,32\], .*model\.safetensors holds \[3,32\]; pass ignoreMismatchedSizes: true/,
    });
    const model = await Auto.fromPretrained(tinyBert, {
      numLabels: 5,
      ignoreMismatchedSizes: true,
      log: () => {},
    });
    assert.deepEqual(model.newlyInitialized, ["classifier.weight", "classifier.bias"]);
    model.dispose();
  });

  it("leaves no tensor behind, neither when it succeeds and is disposed nor when it fails", async () => {
    const before = tf.memory().numTensors;
    await assert.rejects(Auto.fromPretrained(tinyBert, { numLabels: 5 }));
    assert.equal(tf.memory().numTensors, before);
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    assert.deepEqual(
      Object.keys(model.stateDict()),
      model.namedParameters().map(([name]) => name),
    );
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("says in one line what it cannot take", async () => {
    const rejects = (from: string, message: RegExp, options = {}) =>
      assert.rejects(Auto.fromPretrained(from, { log: () => {}, ...options }), {
        name: "InputError",
        message,
      });
    await rejects(
      tinyBertWith({ model_type: "gpt2" }),
      /config\.json: model_type "gpt2" is not supported; supported are bert/,
    );
    await rejects(tinyBertWith({ hidden_act: "gelu2" }), /config\.json: hidden_act: expected one of/);
    await rejects(
      tinyBertWith({ num_hidden_layers: "three" }),
      /expected a number as num_hidden_layers, got "three"/,
    );
    await rejects(
      tinyBertWith({ num_labels: 5_000_000, id2label: null, label2id: null }),
      /config\.json: expected the labels of a head in its weights, got 5000000 labels and no tensor of as many rows; say how many by numLabels$/,
    );
    await rejects(tinyBert, /^numLabels: expected an integer of at least 1, got 0/, { numLabels: 0 });
    await rejects(tinyBert, /^numLabels: expected 2, the number of classes, got 3/, {
      numLabels: 3,
      classes: ["a", "b"],
    });
    await rejects(tinyBert, /^problemType: expected one of/, { problemType: "ranking" });
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    assert.throws(() => model.parameter("classifier.wieght"), {
      name: "InputError",
      message: /no parameter is named classifier\.wieght; close: classifier\.weight/,
    });
    model.dispose();
  });
});
