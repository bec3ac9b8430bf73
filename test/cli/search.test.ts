import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readRecords } from "../../src/sweep/record";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const train = tinyTable("train.csv", 60);
const valid = tinyTable("valid.csv", 30);
const base = [
  "--model",
  model,
  "--train",
  train,
  "--valid",
  valid,
  "--engine",
  "onnxruntime",
  "--max-len",
  "8",
  "--batch",
  "12",
];
const search = (...args: string[]) => frostkit("search", ...base, ...args);

test("A search prints a table of all depths, says which to take at which rate, and draws it; its trials serve the sweep that follows", async () => {
  const { code, stdout, stderr } = await search("--out", "runs/found");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ *N +accuracy +to the chosen \[95 %\] +rate +takes$/m);
  assert.match(stdout, /measured .* <- take$/m);
  assert.match(stdout, /^N = \w+ at [\de.-]+: (the best|the deepest freeze)/m);
  assert.match(stdout, /^N = \w+ at [\de.-]+ took \d+\.\d s to find\.$/m);
  assert.match(stdout, /^picture: runs\/found\/search\.png$/m);
  assert.deepEqual(
    [...readFileSync(join(folder, "runs/found/search.png")).subarray(1, 4)],
    [0x50, 0x4e, 0x47],
  );
  assert.match(stderr, /^N = 3, rate 1e-2, seed 0: accuracy 0\.\d{4}, \d+\.\d s$/m);
  const records = readRecords(join(folder, "runs/found/records.jsonl"));
  for (const { about } of records)
    assert.match(String(about!.command), /^frostkit search --model \S+ .*--out runs\/found$/);
  const sweep = await frostkit("sweep", ...base, "--out", "runs/found", "--lr", "auto", "--n", "3");
  assert.equal(sweep.code, 0, sweep.stderr);
  const known = records.filter(({ n }) => n === 3).length;
  assert.ok(known > 0);
  assert.match(
    sweep.stderr,
    new RegExp(`${known === 3 ? "all 3" : `${known} of 3`} trials stand in runs/found/records.jsonl already`),
  );
});

test("With --json the result is one line, and the same command again finds it without training", async () => {
  const first = await search("--out", "runs/json", "--json", "--n", "2,3", "--lr", "1e-3,3e-3");
  assert.equal(first.code, 0, first.stderr);
  const again = await search("--out", "runs/json", "--json", "--n", "2,3", "--lr", "1e-3,3e-3");
  const [a, b] = [first, again].map(({ stdout }) => JSON.parse(stdout));
  assert.deepEqual(a.depths, b.depths);
  assert.deepEqual([a.n, a.learningRate, a.sentence], [b.n, b.learningRate, b.sentence]);
  assert.match(again.stderr, /\(of an earlier run\)/);
  assert.ok(existsSync(join(folder, "runs/json/search.png")));
});

test("A picture of the kit's is replaced, and nothing else: before the search begins", async () => {
  const own = ["--n", "3", "--lr", "1e-3", "--out", "runs/picture"];
  for (let i = 0; i < 2; i++) {
    const { code, stderr } = await search(...own);
    assert.equal(code, 0, stderr);
  }
  const picture = join(folder, "runs/picture/search.png");
  writeFileSync(picture, "mine");
  const { code, stderr } = await search(...own, "--restart");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /--out: runs\/picture\/search\.png is no picture of the kit, and a search would replace it: name another folder or move that away/,
  );
  assert.equal(readFileSync(picture, "utf8"), "mine");
  assert.equal(existsSync(join(folder, "runs/picture/records-1.jsonl")), false);
});

test("A goal that is none, and depths that the model has not, are refused in one line", async () => {
  for (const goal of ["deep", "loss=x", "minutes=0", "loss=0.01,minutes=2"]) {
    const { code, stderr } = await search("--goal", goal);
    assert.equal(code, 2);
    assert.match(stderr, /Expected deepest, best, loss=0\.01 or minutes=2; see frostkit search --help/);
  }
  const { code, stderr } = await search("--n", "9");
  assert.equal(code, 2);
  assert.match(stderr, /--n: expected an integer from -1 to 3, got 9/);
});

test("A goal by name holds for the search", async () => {
  const { code, stdout, stderr } = await search(
    "--out",
    "runs/goal",
    "--n",
    "2,3",
    "--lr",
    "3e-3",
    "--goal",
    "loss=0.5",
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^N = 3 at 3e-3: (the deepest freeze whose accuracy \(0\.\d+\) is within 0\.5 of )/m);
});
