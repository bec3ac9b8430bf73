import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { readRecords } from "../../src/sweep/record";
import { folder, frostkit } from "./frostkit";

const data = join(__dirname, "..", "..", "data");
const model = join(data, "mini-bert-en");
const train = join(data, "short-reviews", "train.csv");
const valid = join(data, "short-reviews", "valid.csv");
const shared = ["--train", train, "--limit", "120", "--engine", "wasm", "--batch", "16", "--lr", "1e-3"];

test("The whole way on the bundled model and table: sweep, fine-tune at the recommended depth, predict", async () => {
  const swept = await frostkit("sweep", "--model", model, ...shared, "--n", "4..6", "--out", "runs/whole");
  assert.equal(swept.code, 0, swept.stderr);
  assert.match(swept.stderr, /^96 rows to train on, 24 to validate on$/m);
  assert.match(swept.stdout, /^report: runs\/whole\/report\.html/m);
  const records = readRecords(join(folder, "runs/whole/records.jsonl"));
  assert.deepEqual(
    records.map(({ n, trainableParameters }) => [n, trainableParameters]),
    [
      [4, 927_170],
      [5, 482_306],
      [6, 37_442],
    ],
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
  const predicted = await frostkit(
    ...[
      "predict",
      "--model",
      "runs/model",
      "--data",
      valid,
      "--engine",
      "wasm",
      "--out",
      "runs/submission.csv",
    ],
  );
  assert.equal(predicted.code, 0, predicted.stderr);
  const truth = (await readTable(valid)).rows;
  const { columns, rows } = await readTable(join(folder, "runs/submission.csv"));
  assert.deepEqual(columns, ["id", "target"]);
  assert.deepEqual(
    rows.map(({ id }) => id),
    truth.map(({ id }) => id),
  );
  const right = rows.filter(({ target }, row) => target === truth[row].target).length / rows.length;
  assert.ok(right > 0.6, `accuracy ${right} after 96 rows of other words; half would be chance`);
});
