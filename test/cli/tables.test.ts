import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readTable } from "../../src/data/readTable";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const common = ["--engine", "onnxruntime", "--max-len", "16", "--epochs", "1"];
const one = tinyTable("one.csv", 36);
const two = tinyTable("two.csv", 24);
const packed = "packed.csv.gz";
writeFileSync(join(folder, packed), gzipSync(readFileSync(join(folder, two))));

test("Several tables, packed or not, are trained on and predicted as one", async () => {
  const trained = await frostkit(
    ...["finetune", "--model", model, "--train", `${one},${packed}`, "--valid", two, "--save", "trained"],
    ...common,
  );
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /^60 rows to train on, 24 to validate on$/m);

  const predicted = await frostkit(
    ...["predict", "--model", "trained", "--data", `${packed},${one}`, "--out", "both.csv"],
    ...["--engine", "onnxruntime"],
  );
  assert.equal(predicted.code, 0, predicted.stderr);
  assert.equal((await readTable(join(folder, "both.csv"))).rows.length, 60);
});

test("A table whose name has a comma is one, and names that are none are refused", async () => {
  const comma = tinyTable("a,b.csv", 24);
  const train = (...args: string[]) =>
    frostkit("finetune", "--model", model, "--save", "comma", ...common, ...args);
  for (const [args, message] of [
    [["--train", comma, "--label", "stars"], /a,b\.csv: expected the label column "stars", got the columns/],
    [["--train", `${one},`], /--train <paths>.*Expected names joined by commas, got an empty one among them/],
    [["--train", `${one},nowhere.csv`], /nowhere\.csv: cannot be read \(no such file\)/],
    [["--train", `${one},${one}`], /expected each file once, got one\.csv twice/],
    [["--train", `${one},model`], /model: cannot be read \(it is a folder\)/],
  ] as const) {
    const refused = await train(...args);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, message);
  }
});
