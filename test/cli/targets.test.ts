import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");

test("Several targets are trained on, judged apart, saved by name and predicted a column each", async () => {
  const path = tinyTable("scores.csv", 36, (kind) => `${kind},${2 - kind}`);
  const text = readFileSync(join(folder, path), "utf8");
  writeFileSync(join(folder, path), text.replace("target", "praise,blame"));
  const trained = await frostkit(
    ...["finetune", "--model", model, "--train", path, "--label", "praise,blame", "--task", "regression"],
    ...["--metric", "mcrmse", "--metrics", "rmse:blame,pearson", "--epochs", "1", "--engine", "onnxruntime"],
    ...["--ignore-mismatched-sizes", "--save", "scorer"],
  );
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /a regression of 2 targets, praise, blame: numbers from 0 to 2/);
  assert.match(
    trained.stdout,
    /^epoch +train loss +valid loss +rmse +rmse:blame +pearson +mcrmse +seconds\n/,
  );
  const config = JSON.parse(readFileSync(join(folder, "scorer/config.json"), "utf8"));
  assert.deepEqual([config.problem_type, config.id2label], ["regression", { 0: "praise", 1: "blame" }]);

  const predict = (...more: string[]) =>
    frostkit(...["predict", "--model", "scorer", "--data", path, "--engine", "onnxruntime", ...more]);
  const predicted = await predict("--out", "submission.csv");
  assert.equal(predicted.code, 0, predicted.stderr);
  const { columns, rows } = await readTable(join(folder, "submission.csv"));
  assert.deepEqual(columns, ["id", "praise", "blame"]);
  assert.equal(rows.length, 36);
  for (const { praise, blame } of rows) assert.ok(Number.isFinite(Number(praise)) && praise !== blame);
  const named = await predict("--out", "other.csv", "--label", "score");
  assert.deepEqual(
    [named.code, named.stderr],
    [
      2,
      'frostkit predict: --label: expected none, since a model of several targets writes a column for each, praise, blame, got "score"\n',
    ],
  );
});

test("Soft labels and weights of rows come from columns of the training table, and its validation rows need no weights", async () => {
  const path = tinyTable("soft.csv", 24, (kind) => ["0.9,0.1,1", "0.5,0.5,0.25", "0,1,1"][kind]);
  const text = readFileSync(join(folder, path), "utf8");
  writeFileSync(join(folder, path), text.replace("target", "bad,good,trust"));
  const valid = tinyTable("sure.csv", 12, (kind) => (kind === 0 ? "1,0" : "0,1"));
  const sure = readFileSync(join(folder, valid), "utf8");
  writeFileSync(join(folder, valid), sure.replace("target", "bad,good"));
  const train = (...more: string[]) =>
    frostkit(
      ...[
        "finetune",
        "--model",
        model,
        "--train",
        path,
        "--valid",
        valid,
        "--label",
        "bad,good",
        "--task",
        "single",
      ],
      ...[
        "--weight",
        "trust",
        "--epochs",
        "1",
        "--engine",
        "onnxruntime",
        "--ignore-mismatched-sizes",
        ...more,
      ],
    );
  const trained = await train("--loss", "focal");
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr, /2 classes: bad, good/);
  assert.match(trained.stdout, /^epoch +train loss +valid loss +accuracy/);
  const wrong = await train("--loss", "mse");
  assert.deepEqual(
    [wrong.code, wrong.stderr],
    [
      2,
      'frostkit finetune: --loss: expected one of crossEntropy, focal, ordinal for single_label_classification, got "mse"\n',
    ],
  );
});
