import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { readRecords } from "../../src/sweep/record";
import { folder, frostkit } from "./frostkit";

const data = join(__dirname, "..", "..", "data");
const model = join(data, "all-MiniLM-L6-v2");
const table = (name: string) => join(data, "banking-intents", name);
const shared = [
  "--train",
  table("train.csv"),
  "--limit",
  "120",
  "--engine",
  "onnxruntime",
  "--batch",
  "8",
  "--lr",
  "1e-3",
];

/** The first rows of a bundled table, in the test's own folder. */
function cut(name: string, rows: number): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    readFileSync(table(name), "utf8")
      .split("\n")
      .slice(0, rows + 1)
      .join("\n"),
  );
  return path;
}

test("The whole way on the bundled model and table: sweep, fine-tune at the recommended depth, predict", async () => {
  const swept = await frostkit("sweep", "--model", model, ...shared, "--n", "4..6", "--out", "runs/whole");
  assert.equal(swept.code, 0, swept.stderr);
  assert.match(swept.stderr, /^96 rows to train on, 24 to validate on$/m);
  assert.match(swept.stdout, /^report: runs\/whole\/report\.html/m);
  const records = readRecords(join(folder, "runs/whole/records.jsonl"));
  const block = 4 * (384 * 384 + 384) + 2 * 384 * 1536 + 1536 + 384 + 4 * 384;
  const pooledHead = 384 * 384 + 384 + 12 * 384 + 12;
  assert.deepEqual(
    records.map(({ n, trainableParameters }) => [n, trainableParameters]),
    [4, 5, 6].map((n) => [n, (6 - n) * block + pooledHead]),
  );
  const n = /^N = (\d): /m.exec(swept.stdout)![1];

  const tuned = await frostkit(
    "finetune",
    "--model",
    model,
    ...shared,
    "--freeze",
    n,
    "--save",
    "runs/model",
  );
  assert.equal(tuned.code, 0, tuned.stderr);
  const test = cut("test.csv", 60);
  const predicted = await frostkit(
    ...[
      "predict",
      "--model",
      "runs/model",
      "--data",
      test,
      "--engine",
      "onnxruntime",
      "--out",
      "runs/submission.csv",
    ],
  );
  assert.equal(predicted.code, 0, predicted.stderr);
  const answers = (await readTable(table("test_answers.csv"), { limit: 60 })).rows;
  const { columns, rows } = await readTable(join(folder, "runs/submission.csv"));
  assert.deepEqual(columns, ["id", "target"]);
  assert.deepEqual(
    rows.map(({ id }) => id),
    answers.map(({ id }) => id),
  );
  const right = rows.filter(({ target }, row) => target === answers[row].target).length / rows.length;
  assert.ok(right > 0.4, `accuracy ${right} after 96 rows of 12 intents; a twelfth would be chance`);
});
