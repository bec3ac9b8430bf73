import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { resolveModel } from "../../src/checkpoint/resolveModel";
import { loadImageTransform } from "../../src/data/loadImageTransform";
import { loadTokenizer } from "../../src/data/loadTokenizer";

const root = mkdtempSync(join(tmpdir(), "frostkit-parents-"));
after(() => rmSync(root, { recursive: true }));

/** A folder with these files in it, each `{}`. */
function made(name: string, ...files: string[]): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "{}");
  }
  return folder;
}

const refused = (promise: Promise<unknown>, message: string) =>
  assert.rejects(promise, { name: "InputError", message });

test("A training's folder names its checkpoints, the last one first", async () => {
  const folder = made(
    "out",
    ...["500", "1000", "2000"].map((step) => `checkpoint-${step}/config.json`),
    "runs/events",
  );
  const message = `${folder}: expected a model's folder with config.json, got one around checkpoint-2000, checkpoint-1000, checkpoint-500; name one of them: ${join(folder, "checkpoint-2000")}`;
  await refused(resolveModel(folder), message);
  await refused(AutoModelForSequenceClassification.fromPretrained(folder, { log: () => {} }), message);
  await refused(loadTokenizer(folder), message);
  await refused(loadImageTransform(folder), message);
});

test("One model in a folder, and one two folders down as in the Hub's cache, are named", async () => {
  const one = made("one", "model/config.json", "notes.txt");
  await refused(
    resolveModel(one),
    `${one}: expected a model's folder with config.json, got one around model; name that: ${join(one, "model")}`,
  );
  const cache = made("models--bert", "snapshots/abc/config.json", "blobs/x", "refs/main");
  await refused(
    resolveModel(cache),
    `${cache}: expected a model's folder with config.json, got one around ${join("snapshots", "abc")}; name that: ${join(cache, "snapshots", "abc")}`,
  );
});

test("Of many the last five are named", async () => {
  const folder = made("many", ...Array.from({ length: 12 }, (_, i) => `checkpoint-${i}/config.json`));
  await assert.rejects(
    resolveModel(folder),
    /around checkpoint-11, checkpoint-10, checkpoint-9, checkpoint-8, checkpoint-7 and 7 more; name one of them: .*checkpoint-11$/,
  );
});

test("A model that has such folders in it is a model, and a folder without any is told as before", async () => {
  const model = made("model", "config.json", "checkpoint-1/config.json");
  assert.equal(await resolveModel(model), model);
  const empty = made("empty");
  assert.equal(await resolveModel(empty), empty);
  await assert.rejects(AutoModelForSequenceClassification.fromPretrained(empty, { log: () => {} }), {
    message: `${empty}: expected config.json; it is empty`,
  });
});

test("A file in place of a model's folder is told for what it is, a model's own with the folder to name", async () => {
  const cure =
    "name a model's folder, as savePretrained or frostkit finetune --save writes it, or an id on the Hub";
  for (const [folder, file, got] of [
    ["tokenizer", "tokenizer.json", null],
    ["one", "model.safetensors", null],
    ["tables", "train.CSV", `a table; ${cure}`],
    ["tables", "train.jsonl", `a table; ${cure}`],
    ["tables", "train.parquet", `a table; ${cure}`],
    ["tables", "cat.avif", `an image; ${cure}`],
    ["tables", "weights.pt", `a file; ${cure}`],
  ] as const) {
    const path = join(made(folder, file, ...(folder === "one" ? ["config.json"] : [])), file);
    const message = `${path}: expected a model's folder with config.json, got ${got ?? `a file; name the folder it lies in: ${join(root, folder)}`}`;
    await refused(loadTokenizer(path), message);
    await refused(resolveModel(path), message);
    await refused(AutoModelForSequenceClassification.fromPretrained(path, { log: () => {} }), message);
  }
});

test("A folder of another kind is told for what it is, by whoever reads a model's", async () => {
  for (const [files, got] of [
    [["records.jsonl", "accuracy.png"], "a sweep's folder, which holds records and no weights"],
    [["data/train/records.jsonl"], "one around sweeps, which hold records and no weights"],
    [["train.csv", "test.csv"], "a folder of tables, test.csv, train.csv"],
    [["cat/1.png", "dog/2.png"], "a folder of images"],
    [["cat/1.avif", "notes.txt"], "a folder of images"],
    [["1.TIF"], "a folder of images"],
    [["train.ndjson", "test.xls"], "a folder of tables, test.xls, train.ndjson"],
    [
      ["adapter_config.json", "adapter_model.safetensors"],
      "an adapter of PEFT without its model (merge_and_unload in Python makes one of both)",
    ],
  ] as [string[], string][]) {
    const folder = made(`kind-${files[0].replaceAll("/", "-")}`, ...files);
    const message = `${folder}: expected a model's folder with config.json, got ${got}; name a model's folder, as savePretrained or frostkit finetune --save writes it, or an id on the Hub`;
    await refused(resolveModel(folder), message);
    await refused(loadTokenizer(folder), message);
    await refused(loadImageTransform(folder), message);
    await refused(AutoModelForSequenceClassification.fromPretrained(folder, { log: () => {} }), message);
  }
});
