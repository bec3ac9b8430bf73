import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { takeRows } from "../../src/data/takeRows";
import { type TextDataset, textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { useEngine } from "../../src/engine/useEngine";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";
import { variant } from "../models/variant";

const pretrained = join(__dirname, "../fixtures/mini-bert-en");
const reviews = join(__dirname, "../fixtures/short-reviews");

interface Answer {
  label: string;
  score: number;
}

const encode = async ({ folder }: SequenceClassifier, dataset: TextDataset) =>
  tokenize(dataset, await loadTokenizer(folder), { maxLength: 64 });

/** Exports a model and compares the probabilities of Transformers.js's pipeline with the kit's, all texts in one padded batch. */
async function compareAnswers(model: SequenceClassifier, dataset: TextDataset): Promise<void> {
  const to = join(makeFolder(), "exported");
  await exportOnnx(model, to);
  const { probabilities } = await predict(model, await encode(model, dataset));
  const { pipeline } = await import("@huggingface/transformers");
  const classify = await pipeline("text-classification", to, { dtype: "fp32" });
  const said = (await classify(dataset.texts, { top_k: null as never })) as unknown as Answer[][];
  const { classes } = model;
  said.forEach((answers, row) => {
    for (const [i, label] of classes.entries()) {
      const { score } = answers.find((answer) => answer.label === label)!;
      assertClose([score], [probabilities[classes.length * row + i]], 1e-5, `${label} of row ${row}`);
    }
  });
  // Longer than the model reads: the tokenizer cuts it, though it drops the last special token, which the kit keeps.
  assert.equal((await classify("good film ".repeat(400))).length, 1);
  await classify.dispose();
}

/** A fixture's model with a tokenizer, for whose tokens it has embeddings. */
function withTokenizer(model: string, tokenizer: string, fields: Record<string, unknown>): string {
  const folder = variant(model, fields);
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(__dirname, "../fixtures/tokenizer", tokenizer, name), join(folder, name));
  return folder;
}

describe("Transformers.js's pipeline on an export", () => {
  before(() => useEngine("onnxruntime"));

  it("gives a fine-tuned model's probabilities as predict gives them here", async () => {
    const model = await Auto.fromPretrained(pretrained, { classes: ["0", "1"], log: () => {} });
    const table = textDataset(await readTable(join(reviews, "train.csv")), { text: "text", label: "target" });
    const some = takeRows(table, [...Array(32).keys()]);
    await fineTune(model, { train: await encode(model, some) }, { epochs: 1, learningRate: 3e-4 });
    await compareAnswers(model, some);
    model.dispose();
  });

  it("takes a model with a head of the kit's own, several dropouts and all, for one of its family", async () => {
    const head = { pooling: "attention", lastLayers: 2, dropoutSamples: 5 } as const;
    const model = await Auto.fromPretrained(pretrained, {
      classes: ["negative", "positive"],
      head,
      log: () => {},
    });
    const texts = ["The film was great!", "a", "Not one of his best, by far."];
    await compareAnswers(model, { source: "made", texts, pairs: null, labels: null, ids: null });
    model.dispose();
  });

  for (const [name, folder] of [
    ["ModernBERT", withTokenizer("modernbert", "modernbert", { vocab_size: 368 })],
    ["DeBERTa", withTokenizer("deberta-v2", "deberta-v3", { vocab_size: 136 })],
  ])
    it(`reads and answers as the kit does with ${name} and its kind of tokenizer`, async () => {
      const options = { ignoreMismatchedSizes: true, log: () => {} };
      const model = await Auto.fromPretrained(folder, options);
      const texts = ["The film was great!", "a", "Not one of his best, by far."];
      await compareAnswers(model, { source: "made", texts, pairs: null, labels: null, ids: null });
      model.dispose();
    });
});
