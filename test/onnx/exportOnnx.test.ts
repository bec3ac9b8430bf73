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
import { exportableFamilies } from "../../src/models/families";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";
import { fixture } from "../models/againstPyTorch";
import { variant } from "../models/variant";
import { tinyBert, tinyBertWith } from "../training/toyData";
import { compare, randomRows } from "./compare";
import { openSession, runRows } from "./onnxRuntime";

const bundled = join(__dirname, "../../data/mini-bert-en");

describe("exportOnnx", () => {
  before(() => useEngine("wasm"));

  for (const name of [...exportableFamilies(), "modernbert-mean"])
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

  it("turns positions by the same angles at the end of a long text", async () => {
    const folder = variant("modernbert", {
      max_position_embeddings: 4096,
      num_hidden_layers: 1,
      layer_types: ["full_attention"],
    });
    const model = await Auto.fromPretrained(folder, { log: () => {} });
    const to = join(makeFolder(), "exported");
    await exportOnnx(model, to);
    const session = await openSession(join(to, "onnx/model.onnx"));
    const rows = randomRows(model, 1, 4096);
    const { logits } = model.forward(rows);
    assertClose((await runRows(session, rows)).data, logits, 1e-5);
    logits.dispose();
    await session.release();
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
      copyFileSync(join(bundled, name), join(folder, name));
    const model = await Auto.fromPretrained(folder, { numLabels: 2, log: () => {} });
    const to = join(makeFolder(), "exported");
    await exportOnnx(model, to);
    const { AutoTokenizer } = await import("@huggingface/transformers");
    const made = await AutoTokenizer.from_pretrained(to, { local_files_only: true });
    const text = "The film was great, and so was the book!";
    assert.deepEqual(made.encode(text), [...(await loadTokenizer(bundled)).encode(text).inputIds]);
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

  it("leaves no tensor behind", async () => {
    const model = await Auto.fromPretrained(tinyBert, { log: assert.fail });
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
