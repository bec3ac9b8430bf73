import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RateCurve } from "../../src/search/findLearningRate";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const train = tinyTable("train.csv", 60);
const base = [
  "find-lr",
  "--model",
  model,
  "--train",
  train,
  "--engine",
  "onnxruntime",
  "--max-len",
  "8",
  "--batch",
  "12",
];
const findLr = (...args: string[]) => frostkit(...base, ...args);

test("A rate for each depth is printed as a table, in the order asked for, and the curves are drawn", async () => {
  const { code, stdout, stderr } = await findLr("--n", "2,none", "--out", "runs/rates");
  assert.equal(code, 0, stderr);
  const [header, two, none, ...rest] = stdout.split("\n");
  assert.match(header, /^ *N +suggested rate +least smoothed loss +steps/);
  for (const [row, n] of [
    [two, "2"],
    [none, "none"],
  ])
    assert.match(row, new RegExp(`^ *${n} +(\\d(\\.\\d)?e-\\d+|0\\.\\d+) +\\d\\.\\d{4} +\\d+`));
  assert.match(rest.join("\n"), /^picture: runs\/rates\/find-lr\.png$/m);
  const picture = readFileSync(join(folder, "runs/rates/find-lr.png"));
  assert.deepEqual([...picture.subarray(1, 4)], [0x50, 0x4e, 0x47]);
});

test("With --json each depth is a line, from which a script takes its rate; the table goes to stderr", async () => {
  const { code, stdout, stderr } = await findLr(
    "--steps",
    "20",
    "--json",
    "--min-lr",
    "1e-5",
    "--max-lr",
    "0.1",
  );
  assert.equal(code, 0, stderr);
  const [curve, ...more] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RateCurve);
  assert.deepEqual([curve.n, more], [-1, []]);
  assert.equal(curve.tried[0].learningRate, 1e-5);
  assert.ok(curve.tried.length <= 20);
  assert.match(stderr, /suggested rate/);
  assert.ok(existsSync(join(folder, "runs/train/find-lr.png")));
});

test("Steps are computed as those of finetune: its flags decide the numbers, and those of whole trainings are unknown", async () => {
  const lossesOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await findLr("--steps", "20", "--json", ...args);
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as RateCurve).tried.map(({ loss }) => loss);
  };
  const plain = await lossesOf();
  assert.deepEqual(await lossesOf(), plain);
  for (const args of [
    ["--seed", "1"],
    ["--loss", "focal"],
    ["--class-weights", "3,1,1"],
    ["--n", "3"],
    ["--head", "mean"],
  ])
    assert.notDeepEqual(await lossesOf(...args), plain, args.join(" "));
  for (const flag of ["--epochs", "--lr", "--schedule", "--head-init"]) {
    const { code, stderr } = await findLr(flag, "1");
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`unknown option '${flag}'`));
  }
});

test("What cannot be is refused before anything is computed, and nobody's file is replaced", async () => {
  const refused = async (message: RegExp, ...args: string[]) => {
    const { code, stderr } = await findLr(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  };
  await refused(/--n: expected an integer from -1 to 3, got 9/, "--n", "9");
  await refused(/--steps.*Expected a whole number of at least 20/, "--steps", "3");
  await refused(/--min-learning-rate: expected less than --max-learning-rate, 1, got 2/, "--min-lr", "2");
  writeFileSync(join(folder, "find-lr.png"), "mine");
  await refused(/find-lr\.png is no picture of the kit, and find-lr would replace it/, "--out", ".");
  assert.equal(readFileSync(join(folder, "find-lr.png"), "utf8"), "mine");
});
