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
import { readTable } from "../../src/data/readTable";
import { takeRows, textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { useEngine } from "../../src/engine/useEngine";
import { exportableFamilies } from "../../src/models/families";
import type { SequenceClassifier, TokenRows } from "../../src/models/SequenceClassifier";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { Random } from "../../src/random";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";
import { tinyBert, tinyBertWith } from "../training/toyData";
import { openSession, runRows } from "./onnxRuntime";

const bundled = join(__dirname, "../../data/mini-bert-en");
const reviews = join(__dirname, "../../data/short-reviews");

/** Rows of random tokens, of both segments where the model knows two; all but the first row are padded. */
function randomRows({ config }: SequenceClassifier, batchSize: number, sequenceLength: number): TokenRows {
  const [vocabulary, types] = [config.vocab_size, config.type_vocab_size ?? 2] as number[];
  const random = new Random("exportOnnx", batchSize, sequenceLength);
  const table = (cell: (row: number, column: number) => number) =>
    Array.from({ length: batchSize }, (_, row) =>
      Array.from({ length: sequenceLength }, (_, column) => cell(row, column)),
    );
  return {
    inputIds: table(() => 4 + random.integer(vocabulary - 4)),
    attentionMask: table((row, column) => (column < Math.max(1, sequenceLength - 2 * row) ? 1 : 0)),
    tokenTypeIds: table((_, column) => (types > 1 && column > sequenceLength / 2 ? 1 : 0)),
  };
}

/** Exports a model and compares its logits with the kit's for batches of several sizes. */
async function compare(model: SequenceClassifier, to = join(makeFolder(), "exported")): Promise<void> {
  await exportOnnx(model, to);
  const session = await openSession(join(to, "onnx/model.onnx"));
  for (const [batchSize, length] of [
    [1, 1],
    [1, 9],
    [3, 2],
    [4, 17],
    [2, Math.min(model.maxTokens, 64)],
  ]) {
    const rows = randomRows(model, batchSize, length);
    const { logits } = model.forward(rows);
    const exported = await runRows(session, rows);
    assert.deepEqual(exported.dims, [batchSize, model.numLabels]);
    assertClose(exported.data, logits, 1e-5, `logits of [${batchSize}, ${length}]`);
    logits.dispose();
  }
  await session.release();
}

describe("exportOnnx", () => {
  before(() => useEngine("wasm"));

  for (const family of exportableFamilies())
    it(`gives ONNX Runtime the logits that ${family} gives here, for batches and lengths of any size`, async () => {
      const model = await Auto.fromPretrained(join(__dirname, "../fixtures/models", family), {
        log: assert.fail,
      });
      await compare(model);
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

  it("runs in Transformers.js's pipeline, which gives the probabilities that predict gives here", async () => {
    const model = await Auto.fromPretrained(bundled, { classes: ["negative", "positive"], log: () => {} });
    const table = textDataset(await readTable(join(reviews, "train.csv")), { text: "text", label: "target" });
    const tokenizer = await loadTokenizer(bundled);
    const train = await tokenize(takeRows(table, [...Array(32).keys()]), tokenizer, { maxLength: 64 });
    await fineTune(model, { train }, { epochs: 1, learningRate: 3e-4 });
    const to = join(makeFolder(), "exported");
    await exportOnnx(model, to);
    const { probabilities } = await predict(model, train);

    const { pipeline } = await import("@huggingface/transformers");
    const classify = await pipeline("text-classification", to, { dtype: "fp32" });
    const texts = table.texts.slice(0, 32);
    const said = (await classify(texts, { top_k: null as never })) as unknown as Answer[][];
    said.forEach((answers, row) => {
      for (const [i, label] of ["negative", "positive"].entries()) {
        const { score } = answers.find((answer) => answer.label === label)!;
        assertClose([score], [probabilities[2 * row + i]], 1e-5, `${label} of row ${row}`);
      }
    });
    // Longer than the model reads: the tokenizer cuts it.
    assert.equal((await classify("good film ".repeat(400))).length, 1);
    await classify.dispose();
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

interface Answer {
  label: string;
  score: number;
}
