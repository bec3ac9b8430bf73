import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, mock, test } from "node:test";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { encoderOf } from "../../src/cli/encode";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { textDataset } from "../../src/data/textDataset";
import type { EncodedDataset } from "../../src/data/tokenize";
import { defaultMaxLength, tokenize } from "../../src/data/tokenize";
import { useEngine } from "../../src/engine/useEngine";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { predict } from "../../src/training/predict";
import { variant } from "../models/variant";

before(async () => {
  await useEngine("onnxruntime");
});

/** A model of a family with BERT's tokenizer beside it, which speaks of so many tokens. */
async function loaded(family: string, word: number | null, fields: object = {}): Promise<SequenceClassifier> {
  const folder = variant(family, { ...fields });
  writeFileSync(
    join(folder, "vocab.txt"),
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "film", "good"].join("\n"),
  );
  const settings = { tokenizer_class: "BertTokenizer", ...(word !== null && { model_max_length: word }) };
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(settings));
  return Auto.fromPretrained(folder, { log: assert.fail });
}

const long = textDataset(
  { columns: ["text"], rows: [{ text: "a good film ".repeat(400) }], source: "long.csv" } as never,
  { text: "text" },
);

/** The lengths of the rows that the command line makes, and what it says of them. */
async function lengths(model: SequenceClassifier, maxLength?: number) {
  const said = mock.method(process.stderr, "write", () => true);
  try {
    const encode = await encoderOf(model, { maxLength } as never);
    const [rows] = (await encode([long], new AbortController().signal)) as EncodedDataset[];
    const notes = said.mock.calls.map(({ arguments: [text] }) => String(text)).join("");
    return { length: rows.inputIds[0].length, rows, notes };
  } finally {
    said.mock.restore();
  }
}

test("A model without a limit reads more than its tokenizer speaks of, which is told; within it nothing is", async () => {
  const model = await loaded("deberta-v2", 512);
  assert.equal(model.maxTokens, Number.POSITIVE_INFINITY);
  const { length, rows, notes } = await lengths(model, 1024);
  assert.equal(length, 1024);
  assert.match(
    notes,
    /--max-length 1024: its tokenizer_config\.json speaks of 512 tokens; the model reads texts of any length/,
  );
  assert.equal((await predict(model, rows)).labels.length, 1);
  for (const [asked, given] of [
    [512, 512],
    [undefined, 128],
  ] as const) {
    const within = await lengths(model, asked);
    assert.equal(within.length, given);
    assert.doesNotMatch(within.notes, /speaks of/);
  }
  model.dispose();
});

test("A model with a limit reads as far as that, whatever its tokenizer speaks of, and no further", async () => {
  for (const word of [null, 40, 64, 512]) {
    const model = await loaded("bert", word);
    assert.equal(model.maxTokens, 64);
    const { length, notes } = await lengths(model, 64);
    assert.equal(length, 64);
    assert.equal(/speaks of 40 tokens; the model reads up to 64/.test(notes), word === 40);
    await assert.rejects(encoderOf(model, { maxLength: 65 } as never), {
      name: "InputError",
      message: "--max-length: expected at most 64, which is as far as the model reads, got 65",
    });
    model.dispose();
  }
});

test("The default is no more than a short model takes, on the command line and off it", async () => {
  for (const [family, fields, most] of [
    ["bert", {}, 64],
    ["roberta", { pad_token_id: 1 }, 62],
    ["distilbert", {}, 64],
    ["deberta-v2", {}, 128],
  ] as const) {
    const model = await loaded(family, null, fields);
    assert.equal((await lengths(model)).length, most);
    const tokenizer = await loadTokenizer(model.folder);
    assert.equal(tokenizer.maxTokens, model.maxTokens);
    assert.equal(defaultMaxLength(tokenizer), most);
    const rows = await tokenize(long, tokenizer);
    assert.equal(rows.maxLength, most);
    assert.equal((await predict(model, rows)).labels.length, 1);
    model.dispose();
  }
});
