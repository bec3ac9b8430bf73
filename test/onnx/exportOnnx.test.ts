import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { useEngine } from "../../src/engine/useEngine";
import { FAMILIES } from "../../src/models/families";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { POOLINGS } from "../../src/options/words";
import { makeFolder } from "../checkpoint/madeByHand";
import { fixture } from "../models/againstPyTorch";
import { variant } from "../models/variant";
import { readAll } from "../readAll";
import { tinyBert, tinyBertWith } from "../training/toyData";
import { compare } from "./compare";
import { openSession } from "./onnxRuntime";

const pretrained = join(__dirname, "../fixtures/mini-bert-en");

describe("exportOnnx", () => {
  before(() => useEngine("onnxruntime"));

  const variants = ["content-position", "convolution", "own-positions"].map((name) => `deberta-v2-${name}`);
  for (const name of [...FAMILIES.map(({ modelType }) => modelType), "modernbert-mean", ...variants])
    it(`gives ONNX Runtime the logits that ${name} gives here, for batches and lengths of any size`, async () => {
      const model = await Auto.fromPretrained(fixture(name).folder, { log: assert.fail });
      await compare(model);
      model.dispose();
    });

  it("keeps windows that are wider than the texts it is written down from, and narrower than those it reads", async () => {
    for (const local_attention of [4, 24, 60]) {
      const layer_types = ["sliding_attention", "full_attention", "sliding_attention"];
      const model = await Auto.fromPretrained(variant("modernbert", { local_attention, layer_types }), {
        log: assert.fail,
      });
      await compare(model);
      model.dispose();
    }
  });

  it("reads relative positions as the model has them, near ones and ones that share the last bucket", async () => {
    for (const fields of [
      { position_buckets: 6, max_relative_positions: 12 },
      { position_buckets: 5, max_relative_positions: 12 },
      { position_buckets: 2 },
      { position_buckets: -1, max_relative_positions: 8 },
      { relative_attention: false },
      { num_hidden_layers: 1 },
      { num_hidden_layers: 1, conv_kernel_size: 3, conv_act: "tanh" },
    ]) {
      const options = { ignoreMismatchedSizes: true, log: () => {} };
      const model = await Auto.fromPretrained(variant("deberta-v2", fields), options);
      await compare(model);
      model.dispose();
    }
  });

  const long = { max_position_embeddings: 4096, num_hidden_layers: 1, layer_types: ["full_attention"] };
  const buckets = { position_buckets: 256, max_position_embeddings: 512 };
  for (const [title, folder, length] of [
    ["turns positions by the same angles at the end of a long text", variant("modernbert", long), 4096],
    ["buckets positions as far apart as they come alike", variant("deberta-v2", buckets), 700],
  ] as const)
    it(title, async () => {
      const options = { ignoreMismatchedSizes: true, log: () => {} };
      const model = await Auto.fromPretrained(folder, options);
      await compare(model, [[1, length]]);
      model.dispose();
    });

  for (const family of ["bert", "distilbert", "albert", "deberta-v2-convolution", "modernbert"])
    for (const pooling of POOLINGS)
      it(`has a form of ${pooling} pooling, of one layer or several side by side: ${family}`, async () => {
        for (const lastLayers of [1, 2]) {
          const options = { head: { pooling, lastLayers }, log: () => {} };
          const model = await Auto.fromPretrained(fixture(family).folder, options);
          await compare(model, [
            [1, 1],
            [4, 17],
          ]);
          model.dispose();
        }
      });

  for (const head of [
    { pooling: "mean", useWeightedLayerSum: true },
    { pooling: "gru", hiddenSize: 5, bidirectional: true },
    { pooling: "lstm", lastLayers: 2, bidirectional: true },
    { pooling: "firstRows", rows: 6 },
  ] as const)
    it(`has a form of the head ${JSON.stringify(head)}, texts of several lengths in a batch`, async () => {
      const model = await Auto.fromPretrained(fixture("bert").folder, { head, log: () => {} });
      await compare(model, [
        [1, 1],
        [3, 4],
        [4, 17],
      ]);
      model.dispose();
    });

  for (const name of ["gelu_new", "relu", "silu"])
    it(`has a form of ${name}`, async () => {
      const model = await Auto.fromPretrained(tinyBertWith({ hidden_act: name }), { log: assert.fail });
      await compare(model);
      model.dispose();
    });

  it("names inputs and outputs as Optimum does, with free sizes, and says opset 17", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    const to = join(makeFolder(), "exported");
    await exportOnnx(model, to);
    const session = await openSession(join(to, "onnx/model.onnx"));
    assert.deepEqual([...session.inputNames].sort(), ["attention_mask", "input_ids", "token_type_ids"]);
    for (const { type, shape } of session.inputMetadata)
      assert.deepEqual([type, shape], ["int64", ["batch_size", "sequence_length"]]);
    assert.deepEqual(session.outputNames, ["logits"]);
    assert.deepEqual(session.outputMetadata[0].shape, ["batch_size", 3]);
    await session.release();
    model.dispose();
  });

  it("brings what Transformers.js needs where the model's folder has a vocab.txt alone, as the first BERTs", async () => {
    const folder = makeFolder();
    for (const name of ["config.json", "model.safetensors", "vocab.txt"])
      copyFileSync(join(pretrained, name), join(folder, name));
    const model = await Auto.fromPretrained(folder, { numLabels: 2, log: () => {} });
    const to = join(makeFolder(), "exported");
    await exportOnnx(model, to);
    const { AutoTokenizer } = await import("@huggingface/transformers");
    const made = await AutoTokenizer.from_pretrained(to, { local_files_only: true });
    const text = "The film was great, and so was the book!";
    assert.deepEqual(made.encode(text), [...(await loadTokenizer(pretrained)).encode(text).inputIds]);
    assert.equal(made.model_max_length, 256);
    model.dispose();
  });

  it("writes the labels' names, and replaces an export that is there", async () => {
    const to = join(makeFolder(), "exported");
    for (const classes of [
      ["calm", "alarm", "panic"],
      ["low", "mid", "high"],
    ]) {
      const model = await Auto.fromPretrained(tinyBert, { classes, log: assert.fail });
      await exportOnnx(model, to);
      const config = JSON.parse(readFileSync(join(to, "config.json"), "utf8"));
      assert.deepEqual(Object.values(config.id2label), classes);
      assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
      assert.equal(config.dtype, "float32");
      model.dispose();
    }
    assert.deepEqual(readdirSync(to).sort(), ["config.json", "onnx"]);
    assert.deepEqual(readdirSync(join(to, "onnx")), ["model.onnx"]);
  });

  it("names a model with another head as its family's classifier, which Transformers.js takes it for", async () => {
    const to = join(makeFolder(), "exported");
    const model = await Auto.fromPretrained(tinyBert, { head: { pooling: "mean" }, log: () => {} });
    await exportOnnx(model, to);
    const config = JSON.parse(readFileSync(join(to, "config.json"), "utf8"));
    assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
    assert.deepEqual(model.savedConfig().architectures, ["BertModel"]);
    model.dispose();
  });

  it("leaves folders with anything else in them alone, a saved model and other ONNX files among them", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    await assert.rejects(exportOnnx(model, saved), {
      name: "InputError",
      message: `${saved}: also holds model.safetensors, which saving an ONNX model here would delete: save to a new folder or move that away`,
    });
    const exported = join(makeFolder(), "exported");
    await exportOnnx(model, exported);
    writeFileSync(join(exported, "onnx/model_quantized.onnx"), "");
    await assert.rejects(exportOnnx(model, exported), { message: /also holds onnx, which/ });
    assert.ok(existsSync(join(exported, "onnx/model_quantized.onnx")));
    const other = makeFolder();
    writeFileSync(join(other, "onnx"), "a file");
    await assert.rejects(exportOnnx(model, other), { message: /also holds onnx, which/ });
    const elsewhere = join(makeFolder(), "elsewhere");
    await exportOnnx(model, elsewhere);
    await exportOnnx(model, elsewhere);
    const file = join(elsewhere, "onnx/model.onnx");
    const bytes = readFileSync(file);
    const producer = bytes.indexOf("frostkit");
    writeFileSync(file, bytes.fill("pytorch!", producer, producer + 8));
    await assert.rejects(exportOnnx(model, elsewhere), { message: /also holds onnx, which/ });
    assert.deepEqual(readFileSync(file), bytes);
    for (const path of [file, `${file}/`])
      await assert.rejects(exportOnnx(model, path), {
        message: `${path}: is a file, expected a folder to save to`,
      });
    model.dispose();
  });

  it("leaves the former export whole when it cannot write the new one", async () => {
    const to = join(makeFolder(), "exported");
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    await exportOnnx(model, to);
    const bytes = readFileSync(join(to, "onnx/model.onnx"));
    model.dispose();
    await assert.rejects(exportOnnx(model, to));
    assert.deepEqual(readFileSync(join(to, "onnx/model.onnx")), bytes);
    assert.deepEqual(readdirSync(join(to, "..")), ["exported"], "nothing unfinished is left");
  });

  it("refuses a weight that is no finite number by name, and leaves the former export whole", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: () => {} });
    const folder = join(makeFolder(), "export");
    await exportOnnx(model, folder);
    const bytes = readFileSync(join(folder, "onnx/model.onnx"));
    const bias = model.parameter("classifier.bias");
    bias.assign(tf.fill(bias.shape, Number.NaN));
    await assert.rejects(exportOnnx(model, folder), {
      name: "InputError",
      message: `${join(folder, "onnx/model.onnx")}: expected finite weights to save, got NaN at element 0 of classifier.bias; nothing was written`,
    });
    assert.ok(readFileSync(join(folder, "onnx/model.onnx")).equals(bytes));
    model.dispose();
  });

  it("leaves no tensor behind", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
    readAll(model);
    const before = tf.memory().numTensors;
    await exportOnnx(model, join(makeFolder(), "exported"));
    assert.equal(tf.memory().numTensors, before);
    const other = makeFolder();
    mkdirSync(join(other, "mine"));
    await assert.rejects(exportOnnx(model, other));
    assert.equal(tf.memory().numTensors, before);
    rmSync(other, { recursive: true });
    model.dispose();
  });
});
