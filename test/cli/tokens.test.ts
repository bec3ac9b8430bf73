import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { readRecords } from "../../src/sweep/record";
import { folder, frostkit } from "./frostkit";
import { tinyModel } from "./tinyModel";

const model = tinyModel("model");
const tiny = ["--epochs", "1", "--engine", "onnxruntime", "--ignore-mismatched-sizes"];
const texts = Array.from({ length: 24 }, (_, i) => ({
  id: `r${i}`,
  words: ["good", ["film", "bad", "the"][i % 3], ","],
  tags: ["O", ["B-KIND", "O", "B-KIND"][i % 3], "O"],
}));

const write = (name: string, lines: object[]) => {
  writeFileSync(join(folder, name), lines.map((line) => JSON.stringify(line)).join("\n"));
  return name;
};

test("Words with tags are trained on, judged by entities, saved as Python names the model, and predicted as lists of tags", async () => {
  const path = write(
    "train.jsonl",
    texts.map(({ id, words, tags }) => ({ id, tokens: words, ner_tags: tags })),
  );
  const trained = await frostkit(
    ...[
      "finetune",
      "--model",
      model,
      "--train",
      path,
      "--task",
      "tokens",
      "--metric",
      "entityF1",
      "--freeze",
      "1",
    ],
    ...["--max-length", "16", "--save", "tagger", ...tiny],
  );
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /tags: O, B-KIND, I-KIND \(3\)/);
  assert.match(trained.stderr, /\d+ rows to train on, \d+ to validate on/);
  assert.match(trained.stdout, /^epoch +train loss +valid loss .*entityF1/);
  const config = JSON.parse(readFileSync(join(folder, "tagger/config.json"), "utf8"));
  assert.deepEqual(
    [config.architectures, config.id2label],
    [["BertForTokenClassification"], { 0: "O", 1: "B-KIND", 2: "I-KIND" }],
  );
  assert.equal(config.frostkit_trained_on.maxLength, 16);

  const predicted = await frostkit(
    ...["predict", "--model", "tagger", "--data", path, "--out", "tags.csv", "--engine", "onnxruntime"],
  );
  assert.equal(predicted.code, 0, predicted.stderr);
  const { columns, rows } = await readTable(join(folder, "tags.csv"));
  assert.deepEqual([columns, rows.length, rows[3].id], [["id", "ner_tags"], 24, "r3"]);
  for (const row of rows) {
    const tags: string[] = JSON.parse(row.ner_tags);
    assert.equal(tags.length, 3);
    assert.ok(tags.every((tag) => ["O", "B-KIND", "I-KIND"].includes(tag)));
  }
  const refused = await frostkit(
    ...["predict", "--model", "tagger", "--data", path, "--out", "x.csv", "--probabilities"],
  );
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--probabilities.*tells words from each other/);
});

test("Texts with labelled parts of columns of other names are swept over depths, and parts are found by Python's characters", async () => {
  const lines = texts.map(({ words }, i) => ({
    body: `\u{1F600} ${words.join(" ")}`,
    parts: i % 3 === 1 ? [] : [{ start: 7, end: 7 + words[1].length, label: "KIND" }],
  }));
  const path = write("parts.jsonl", lines);
  const swept = await frostkit(
    ...["sweep", "--model", model, "--train", path, "--text", "body", "--label", "parts", "--task", "tokens"],
    ...["--n", "0,3", "--seeds", "0", "--metric", "entityF1", "--out", "swept", ...tiny],
  );
  assert.equal(swept.code, 0, swept.stderr);
  const records = readRecords(join(folder, "swept/records.jsonl"));
  assert.deepEqual(records.map(({ n }) => n).sort(), [0, 3]);
  assert.ok(records.every(({ epochs }) => epochs[0].metrics.entityF1 >= 0));

  const trained = await frostkit(
    ...[
      "finetune",
      "--model",
      model,
      "--train",
      path,
      "--text",
      "body",
      "--label",
      "parts",
      "--task",
      "tokens",
    ],
    ...[
      "--valid-fraction",
      "0",
      "--lr",
      "5e-3",
      "--epochs",
      "8",
      "--engine",
      "onnxruntime",
      "--ignore-mismatched-sizes",
      "--save",
      "finder",
    ],
  );
  assert.equal(trained.code, 0, trained.stderr);
  const predicted = await frostkit(
    ...["predict", "--model", "finder", "--data", path, "--out", "parts.csv", "--engine", "onnxruntime"],
  );
  assert.equal(predicted.code, 0, predicted.stderr);
  const { columns, rows } = await readTable(join(folder, "parts.csv"));
  assert.deepEqual([columns, rows.length], [["id", "parts"], 24]);
  const found = rows.map(({ parts }) => JSON.parse(parts) as { start: number; end: number; label: string }[]);
  assert.ok(found.flat().length > 0);
  const told = found.map((row) => row.map(({ start, end, label }) => ({ start, end, label })));
  assert.ok(
    told.filter((row, i) => JSON.stringify(row) === JSON.stringify(lines[i].parts)).length > 12,
    JSON.stringify(told),
  );
});

test("A CoNLL file is read by its ending, and what does not go with words is refused", async () => {
  writeFileSync(
    join(folder, "train.conll"),
    texts.map(({ words, tags }) => words.map((word, i) => `${word} ${tags[i]}`).join("\n")).join("\n\n"),
  );
  const finetune = (...more: string[]) =>
    frostkit("finetune", "--model", model, "--train", "train.conll", "--task", "tokens", ...tiny, ...more);
  const trained = await finetune();
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /\d+ rows to train on/);
  for (const [flags, message] of [
    [["--folds", "3", "--save", "folds"], /--folds: expected whole rows to be told, got --task tokens/],
    [["--head", "mean"], /--head.*tells words from each other/],
    [["--head-init", "probe"], /--head-init: expected .* tells the label of each token/],
  ] as const) {
    const { code, stderr } = await finetune(...flags);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  const bare = write("bare.jsonl", [{ tokens: ["good"] }, { tokens: ["bad"] }]);
  const { code, stderr } = await frostkit(
    "finetune",
    "--model",
    model,
    "--train",
    bare,
    "--task",
    "tokens",
    ...tiny,
  );
  assert.equal(code, 2);
  assert.match(
    stderr,
    /bare.jsonl: expected a column of tags, or of { start, end, label }, got none; name it by --label/,
  );
});
