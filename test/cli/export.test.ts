import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { assertClose } from "../close";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");

test("export writes a model that Transformers.js runs, with the probabilities that predict writes", async () => {
  assert.deepEqual(await frostkit("export", "--model", model, "--out", "out/onnx"), {
    code: 0,
    stdout: "exported: out/onnx\n",
    stderr: "",
  });
  assert.deepEqual(readdirSync(join(folder, "out/onnx")).sort(), [
    "config.json",
    "onnx",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
  ]);
  assert.deepEqual(readdirSync(join(folder, "out")), ["onnx"]);

  const data = tinyTable("test.csv", 12);
  const args = ["--model", model, "--data", data, "--max-len", "64", "--probabilities"];
  assert.equal((await frostkit("predict", ...args, "--out", "p.csv")).code, 0);
  const { rows } = await readTable(join(folder, "p.csv"));
  const { pipeline } = await import("@huggingface/transformers");
  const classify = await pipeline("text-classification", join(folder, "out/onnx"), { dtype: "fp32" });
  // The table has six digits.
  for (const [i, { text }] of (await readTable(join(folder, data))).rows.entries())
    for (const { label, score } of (await classify(text, { top_k: null as never })) as Answer[])
      assertClose([score], [Number(rows[i][label])], 1e-5 + 5e-7, `${label} of row ${i}`);
  await classify.dispose();
});

const refuses = async (args: string[], line: RegExp) => {
  const { code, stdout, stderr } = await frostkit("export", ...args);
  assert.deepEqual([code, stdout], [2, ""], stderr);
  assert.match(stderr, /^frostkit export: [^\n]+\n$/);
  assert.match(stderr, line);
};

test("A model whose head nobody trained is refused", () =>
  refuses(
    ["--model", join(__dirname, "../fixtures/mini-bert-en"), "--out", "untrained"],
    /expected a fine-tuned model, got one without classifier\.weight, classifier\.bias/,
  ));

test("A folder with other files in it is refused before the model is loaded", async () => {
  mkdirSync(join(folder, "mine"));
  writeFileSync(join(folder, "mine/notes.txt"), "");
  await refuses(
    ["--model", "nowhere", "--out", "mine"],
    /--out: mine also holds notes\.txt, which saving an ONNX model/,
  );
  await refuses(
    ["--model", model, "--out", `./${model}`],
    /expected another folder than the one the model was/,
  );
  await refuses(["--model", model, "--out", "mine/notes.txt/x"], /--out: \S+ cannot be written \(E\w+\)/);
  await refuses(["--model", "nowhere", "--out", "elsewhere"], /nowhere/);
  await refuses(["--model", model], /required option '--out <dir>' not specified/);
  assert.ok(!existsSync(join(folder, "elsewhere")));
});

interface Answer {
  label: string;
  score: number;
}
