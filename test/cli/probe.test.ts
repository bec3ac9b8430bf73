import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const train = tinyTable("train.csv", 60);
const probe = (...args: string[]) =>
  frostkit(
    "probe",
    "--model",
    model,
    "--train",
    train,
    "--engine",
    "onnxruntime",
    "--max-len",
    "16",
    ...args,
  );

test("probe prints a line for each N, labelled as what it is, and says that it promises nothing", async () => {
  const { code, stdout, stderr } = await probe();
  assert.equal(code, 0, stderr);
  const [header, ...rest] = stdout.split("\n");
  assert.match(header, /^N {2}Accuracy of a linear probe {4}LogME {2,}variability$/);
  // Before the first block the first token is the same in all rows, and so are the classes' means.
  for (let n = 0; n <= 3; n++)
    assert.match(
      rest[n],
      new RegExp(`^${n} +[01]\\.\\d{4} +-?\\d+\\.\\d{4} +${n === 0 ? "–" : "\\d+\\.\\d{4}"}$`),
    );
  assert.equal(rest[4], "");
  assert.match(rest.slice(5).join(" "), /no promise of what fine-tuning with N blocks frozen gives/);
  assert.match(stderr, /^48 rows to train on, 12 to validate on$/m);
});

test("--json prints one depth a line, the same numbers each time", async () => {
  const [a, b] = [await probe("--json"), await probe("--json", "--batch", "64")];
  assert.equal(a.code, 0, a.stderr);
  assert.equal(a.stdout, b.stdout);
  const depths = a.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    depths.map(({ n }) => n),
    [0, 1, 2, 3],
  );
  for (const each of depths)
    assert.deepEqual(Object.keys(each), ["n", "metric", "score", "logMe", "variability"]);
});

test("A folder of images, and no rows to compare by, are refused in one line", async () => {
  mkdirSync(join(folder, "pets"));
  for (const [args, said] of [
    [["--train", "pets"], "--train: expected a table, since probe reads texts alone, got the folder pets"],
    [
      ["--valid-fraction", "0"],
      "--valid-fraction: expected a share above 0, or --valid rows to compare depths by",
    ],
    [["--head", "attention"], "probeDepths: model: expected one that reads texts and pools by"],
  ] as [string[], string][]) {
    const { code, stdout, stderr } = await probe(...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.ok(stderr.includes(said), stderr);
  }
});
