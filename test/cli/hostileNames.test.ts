// Class names, files and options that hold terminal escapes: neither stdout nor stderr has one, and everything is made.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const NASTY = "\u001b[31m\u0007</script>\u2028";
const model = tinyModel("model");
const train = tinyTable("train.csv", 30, (kind) => `${NASTY}${kind}`);
const given = [
  "--model",
  model,
  "--train",
  train,
  "--engine",
  "onnxruntime",
  "--max-len",
  "16",
  "--epochs",
  "1",
];
// Off a terminal the boards write no escapes of their own.
const STEERS = /(?![\n\t])\p{Cc}/u;

async function quiet(...args: string[]) {
  const ended = await frostkit(...args);
  assert.doesNotMatch(ended.stdout + ended.stderr, STEERS, args[0]);
  return ended;
}

test("A sweep over classes with such names ends with its report, and finetune with a model", async () => {
  const sweep = await quiet("sweep", ...given, "--n", "2,3", "--out", "runs/nasty");
  assert.equal(sweep.code, 0, sweep.stderr);
  assert.ok(existsSync(join(folder, "runs/nasty/report.html")));
  const finetune = await quiet("finetune", ...given, "--save", "runs/saved");
  assert.equal(finetune.code, 0, finetune.stderr);
  const { id2label } = JSON.parse(readFileSync(join(folder, "runs/saved/config.json"), "utf8"));
  assert.equal(id2label[0], `${NASTY}0`, "the data stay as they are");
});

test("What is wrong with files, columns, options and commands of such names is told in one line", async () => {
  const cases = [
    ["finetune", ...given.slice(0, 2), "--train", `${NASTY}.csv`],
    ["finetune", ...given, "--label", NASTY],
    ["finetune", ...given, "--metric", NASTY],
    ["finetune", "--model", NASTY, "--train", train],
    ["list", "--model", model, "--match", NASTY],
    ["sweep", ...given, "--strategies", NASTY],
    ["report", NASTY],
    [`--${NASTY}`],
    [NASTY],
  ];
  for (const args of cases) {
    const { code, stderr } = await quiet(...args);
    assert.notEqual(code, 0);
    assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

test("The report names files, options and the command as it was typed", async () => {
  const page = readFileSync(join(folder, "runs/nasty/report.html"), "utf8");
  const fact = (name: string) => new RegExp(`<tr><th>${name}</th><td>([^<]*)</td></tr>`).exec(page)?.[1];
  assert.equal(fact("Training rows"), "24, of train.csv");
  assert.equal(fact("Model"), model);
  assert.match(fact("Learning rate")!, /^\d/);
  assert.match(fact("Batch size")!, /^\d+$/);
  assert.match(fact("Lengths")!, /^at most 16 tokens; the longest row has \d+/);
  assert.equal(
    fact("Command"),
    "frostkit sweep --model model --train train.csv --engine onnxruntime --max-len 16 --epochs 1 --n 2,3 --out runs/nasty",
  );
});
