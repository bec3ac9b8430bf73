import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { csvText } from "../../src/data/csvText";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { readOutOfFold } from "../../src/sweep/readOutOfFold";
import { metrics } from "../../src/training/metrics";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const train = tinyTable("train.csv", 48);
const finetune = (...more: string[]) =>
  frostkit(
    ...["finetune", "--model", model, "--engine", "onnxruntime", "--max-len", "16", "--lr", "2e-3"],
    ...["--epochs", "1", "--batch", "12", "--freeze", "1", ...more],
  );

test("--folds trains and saves a model for each, writes what each row got, and goes on where it was stopped", async () => {
  const command = ["--train", train, ..."--folds 3 --save runs/folds".split(" ")];
  const stopped = await finetune(...command, "--max-minutes", "0");
  assert.equal(stopped.code, 124, stopped.stderr);
  assert.match(stopped.stderr, /stopped before anything was finished/);

  const { code, stdout, stderr } = await finetune(...command);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^48 rows to train on, in 3 folds$/m);
  assert.match(stderr, /^fold 2, epoch 1 of 1: training loss /m);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0], /^fold +rows +accuracy +f1 /);
  assert.deepEqual(
    lines.slice(1, 5).map((line) => line.trim().split(/ +/).slice(0, 2)),
    [
      ["0", "16"],
      ["1", "16"],
      ["2", "16"],
      ["all", "48"],
    ],
  );
  assert.match(lines.at(-1)!, /^out of fold: accuracy 0\.\d{4}, .*; kept in runs\/folds\/out_of_fold\.csv$/);

  const dataset = textDataset(await readTable(join(folder, train)), {
    label: "target",
    id: "id",
    log: () => {},
  });
  const said = await readOutOfFold(join(folder, "runs/folds/out_of_fold.csv"), dataset);
  const { accuracy } = metrics(said.probabilities, dataset.labels!);
  assert.equal(lines[4].trim().split(/ +/)[2], accuracy.toFixed(4));
  assert.deepEqual(
    readdirSync(join(folder, "runs/folds")).sort(),
    [0, 1, 2].flatMap((fold) => [`fold-${fold}`, `fold-${fold}.safetensors`]).concat("out_of_fold.csv"),
  );
  assert.ok(existsSync(join(folder, "runs/folds/fold-2/config.json")));

  const again = await finetune(...command);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(again.stdout, stdout);
  assert.doesNotMatch(again.stderr, /epoch 1/, "nothing is trained twice");
  const other = await finetune(...command, "--epochs", "2");
  assert.equal(other.code, 2);
  assert.match(other.stderr, /fold-0\.safetensors holds a fold of another run: epochs 1, here 2/);
});

test("A folder that a fold's model cannot be saved to is refused before the first fold is trained", async () => {
  mkdirSync(join(folder, "runs/taken/fold-1"), { recursive: true });
  writeFileSync(join(folder, "runs/taken/fold-1/mine.txt"), "mine");
  const { code, stderr } = await finetune("--train", train, ..."--folds 3 --save runs/taken".split(" "));
  assert.equal(code, 2, stderr);
  assert.match(stderr, /fold-1: also holds mine\.txt, which saving a checkpoint here would delete/);
  assert.doesNotMatch(stderr, /epoch 1/);
  assert.deepEqual(readdirSync(join(folder, "runs/taken")), ["fold-1"]);
});

test("--groups keeps rows together, and rows that have an id go by it", async () => {
  const { rows } = await readTable(join(folder, train));
  const lines = rows.map(({ text, target }, i) => [`x${i}`, `author ${i % 9}`, text, target]);
  writeFileSync(join(folder, "authors.csv"), csvText([["id", "author", "text", "target"], ...lines]));
  const { code, stderr } = await finetune(
    ..."--train authors.csv --folds 3 --groups author --save runs/authors".split(" "),
  );
  assert.equal(code, 0, stderr);
  const said = readFileSync(join(folder, "runs/authors/out_of_fold.csv"), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1);
  const foldsOf = new Map<string, Set<string>>();
  for (const [row, line] of said.entries()) {
    const [id, fold] = line.split(",");
    assert.equal(id, `x${row}`);
    foldsOf.set(`a${row % 9}`, (foldsOf.get(`a${row % 9}`) ?? new Set()).add(fold));
  }
  assert.deepEqual(
    [...foldsOf.values()].map(({ size }) => size),
    Array(9).fill(1),
  );
});

test("A row that --groups has no group for is refused by its number", async () => {
  const { rows } = await readTable(join(folder, train));
  const lines = rows.map(({ text, target }, i) => [
    i === 6 || i === 20 ? " " : `author ${i % 9}`,
    text,
    target,
  ]);
  writeFileSync(join(folder, "gaps.csv"), csvText([["author", "text", "target"], ...lines]));
  const { code, stderr } = await finetune(
    ..."--train gaps.csv --folds 3 --groups author --save runs/gaps".split(" "),
  );
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /: --groups: expected a group in each row, got none in gaps\.csv, row 7; fill it in; /,
  );
  assert.equal(existsSync(join(folder, "runs/gaps")), false);
});

test("What does not go with --folds is refused before anything is read", async () => {
  for (const [args, message] of [
    ["--folds 3", /: --folds: expected --save beside it, the folder of the folds' models and predictions$/m],
    [
      "--folds 1 --save runs/x",
      /--folds <count>' argument '1' is invalid\. Expected a whole number of at least 2/,
    ],
    [
      `--folds 3 --save ${model}`,
      /: --save: expected a folder for the folds, got model, which is a model; name another$/m,
    ],
    [
      "--folds 3 --save runs/x --resume runs/y",
      /: --resume: expected none, since folds are kept in the folder of --save; leave it out$/m,
    ],
    [
      "--folds 3 --save runs/x --valid-fraction 0.2",
      /: --valid-fraction: expected none, since each of the --folds is validated on; leave it out$/m,
    ],
    ["--groups target", /: --groups: expected --folds beside it/m],
    [
      "--folds 3 --save runs/x --groups writer",
      /: --groups: expected a column of train\.csv, which has id, text, target, got "writer"$/m,
    ],
  ] as [string, RegExp][]) {
    const { code, stderr } = await finetune("--train", train, ...args.split(" "));
    assert.equal(code, 2, args);
    assert.match(stderr, message);
  }
  assert.equal(existsSync(join(folder, "runs/x")), false);
});
