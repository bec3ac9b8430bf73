import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { readTable } from "../../src/data/readTable";
import { folder, frostkit, start } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const train = tinyTable("train.csv", 60);
const base = [
  "finetune",
  "--model",
  model,
  "--train",
  train,
  "--engine",
  "onnxruntime",
  "--max-len",
  "16",
  "--lr",
  "2e-3",
];
const weights = (name: string) => {
  const checkpoint = openCheckpoint(join(folder, name));
  return (tensor: string) => [...checkpoint.readFloat32(tensor)];
};
const query = (block: number) => `bert.encoder.layer.${block}.attention.self.query.weight`;

test("finetune prints a row an epoch, and saves a model that holds the classes and the tokenizer", async () => {
  const { code, stdout, stderr } = await frostkit(
    ...base,
    ..."--freeze 1 --epochs 3 --batch 12 --save runs/model".split(" "),
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^14,560 of 32,803 parameters are frozen$/m);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0], /^epoch +train loss +valid loss +accuracy +f1 +mcc +rocAuc +logLoss +seconds$/);
  assert.deepEqual(
    lines.slice(1, 4).map((line) => /^ *(\d)( +-?\d\.\d{4}){7} +\d+\.\d\d$/.exec(line)?.[1]),
    ["1", "2", "3"],
  );
  assert.equal(lines.at(-1), "saved: runs/model");
  assert.deepEqual(readdirSync(join(folder, "runs/model")).sort(), [
    "config.json",
    "model.safetensors",
    "vocab.txt",
  ]);
  const { id2label, problem_type } = JSON.parse(readFileSync(join(folder, "runs/model/config.json"), "utf8"));
  assert.deepEqual(id2label, { 0: "bad", 1: "good", 2: "mixed" });
  assert.equal(problem_type, "single_label_classification");
});

test("--eval-every has a row for what was scored within an epoch, and says which weights are kept", async () => {
  const { code, stdout, stderr } = await frostkit(
    ...base,
    ..."--epochs 2 --batch 12 --eval-every 0.5 --early-stopping 3 --lr 3e-2 --metric loss".split(" "),
  );
  assert.equal(code, 0, stderr);
  const [head, ...lines] = stdout.trimEnd().split("\n");
  assert.match(head, /^epoch +step +train loss +valid loss +accuracy /);
  assert.deepEqual(
    lines.slice(0, 4).map((line) => line.trim().split(/ +/).slice(0, 2)),
    [
      ["0.5", "2"],
      ["1", "4"],
      ["1.5", "6"],
      ["2", "8"],
    ],
  );
  // How long it took is said once an epoch.
  assert.deepEqual(
    lines.slice(0, 4).map((line) => / \d+\.\d\d$/.test(line)),
    [false, true, false, true],
  );
  const losses = lines.slice(0, 4).map((line) => Number(line.trim().split(/ +/)[3]));
  const best = losses.indexOf(Math.min(...losses));
  assert.equal(
    lines.at(-1),
    best === 3 ? lines[3] : `the weights are those of epoch ${(best + 1) / 2}, the best one`,
  );
  for (const every of ["0", "1.5", "half"]) {
    const refused = await frostkit(...base, "--eval-every", every);
    assert.equal(refused.code, 2, every);
    assert.match(
      refused.stderr,
      /--eval-every.*Expected a whole number of steps, or a share of an epoch as 0\.5;/,
    );
  }
  const unjudged = await frostkit(...base, ..."--eval-every 3 --valid-fraction 0".split(" "));
  assert.equal(unjudged.code, 2);
  assert.match(unjudged.stderr, /--eval-every: expected rows to score, got --valid-fraction 0/);
});

test("What was frozen is saved bit for bit as it was; the rest has learnt", () => {
  const [before, after] = [weights(model), weights("runs/model")];
  assert.deepEqual(
    after("bert.embeddings.word_embeddings.weight"),
    before("bert.embeddings.word_embeddings.weight"),
  );
  assert.deepEqual(after(query(0)), before(query(0)));
  for (const name of [query(1), query(2), "bert.pooler.dense.weight", "classifier.weight"])
    assert.notDeepEqual(after(name), before(name), name);
});

test("What it saved can be predicted with, by the names of the classes", async () => {
  const { code, stderr } = await frostkit(
    ..."predict --model runs/model --engine onnxruntime --max-len 16 --out runs/submission.csv".split(" "),
    "--data",
    train,
  );
  assert.equal(code, 0, stderr);
  const { rows } = await readTable(join(folder, "runs/submission.csv"));
  const truth = (await readTable(join(folder, train))).rows;
  assert.ok(rows.every(({ target }) => ["bad", "good", "mixed"].includes(target)));
  const right = rows.filter(({ target }, row) => target === truth[row].target).length;
  assert.ok(right > 30, `${right} of 60 are right, 20 would be by chance`);
});

test("predict reads texts as training did: columns, pair and length are saved with the model", async () => {
  const { rows } = await readTable(join(folder, train));
  const pairs = rows.map(
    ({ id, text, target }, i) => `${id},"${text}","${rows[(i * 7) % 60].text}",${target}\n`,
  );
  writeFileSync(join(folder, "pairs.csv"), `id,left,right,verdict\n${pairs.join("")}`);
  const columns = ["--text", "left", "--pair", "right"];
  const trained = await frostkit(
    ...[...base, "--train", "pairs.csv", ...columns, "--label", "verdict"],
    ..."--max-len 9 --epochs 1 --save runs/pairs".split(" "),
  );
  assert.equal(trained.code, 0, trained.stderr);
  const predict = async (out: string, ...args: string[]) =>
    frostkit(
      ..."predict --model runs/pairs --data pairs.csv --engine onnxruntime --probabilities".split(" "),
      "--out",
      out,
      ...args,
    );
  const plain = await predict("plain.csv");
  assert.equal(plain.code, 0, plain.stderr);
  assert.match(plain.stderr, /^60 of 60 rows were cut to 9 tokens/m);
  await predict("asked.csv", ...columns, "--max-len", "9", "--label", "verdict");
  const text = readFileSync(join(folder, "plain.csv"), "utf8");
  assert.equal(text, readFileSync(join(folder, "asked.csv"), "utf8"));
  assert.match(text, /^id,verdict,bad,good,mixed\n/);
  const refuses = async (args: string[], line: RegExp) => {
    const { code, stdout, stderr } = await predict("never.csv", ...args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, line);
  };
  await refuses(
    ["--text", "right"],
    /--text: expected the column "left", which the model was trained on and pairs\.csv has, got "right"; leave it out$/m,
  );
  await refuses(["--pair", "verdict"], /--pair: expected the column "right"/);
  await refuses(
    ["--max-len", "16"],
    /trained on texts of up to 9 tokens, these rows have up to 16; .*\(leave --max-length out\)$/m,
  );
  await refuses(["--max-len", "7"], /trained on texts of up to 9 tokens, these rows have up to 7/);
  writeFileSync(
    join(folder, "renamed.csv"),
    readFileSync(join(folder, "pairs.csv"), "utf8").replace("left,right", "a,b"),
  );
  const renamed = await predict("renamed-out.csv", "--data", "renamed.csv", "--text", "a", "--pair", "b");
  assert.equal(renamed.code, 0, renamed.stderr);
  assert.equal(text, readFileSync(join(folder, "renamed-out.csv"), "utf8"));
  const single = await frostkit(
    ..."predict --model runs/model --engine onnxruntime --out never.csv --data pairs.csv --text left --pair right".split(
      " ",
    ),
  );
  assert.match(
    single.stderr,
    /the model was trained on single texts, these rows have a second one in "right"/,
  );
  assert.ok(!existsSync(join(folder, "never.csv")));
});

test("--head gives the model a head that reads the rows so, which predict finds again", async () => {
  const spelled = "mean:lastLayers=2:useWeightedLayerSum=true";
  const { code, stderr } = await frostkit(
    ...base,
    ...`--epochs 1 --head ${spelled} --save runs/mean`.split(" "),
  );
  assert.equal(code, 0, stderr);
  const config = JSON.parse(readFileSync(join(folder, "runs/mean/config.json"), "utf8"));
  assert.deepEqual(config.frostkit_head, { pooling: "mean", lastLayers: 2, useWeightedLayerSum: true });
  const predicted = await frostkit(
    ..."predict --model runs/mean --engine onnxruntime --max-len 16 --out runs/mean.csv".split(" "),
    "--data",
    train,
  );
  assert.equal(predicted.code, 0, predicted.stderr);
  const wrong = await frostkit(...base, "--head", "average");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--head.*cls, mean, max, meanMax, attention/);
});

test("--freeze-where may be repeated, and --valid-fraction 0 trains on all rows", async () => {
  const { code, stdout, stderr } = await frostkit(
    ...base,
    ..."--epochs 1 --valid-fraction 0 --freeze-where *.query.* --freeze-where layer.2. --save runs/where".split(
      " ",
    ),
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^60 rows to train on$/m);
  assert.match(stdout, /^epoch +train loss +seconds\n/);
  const [before, after] = [weights(model), weights("runs/where")];
  const key = (block: number) => query(block).replace("query", "key");
  for (const name of [query(0), query(1), query(2), key(2)])
    assert.deepEqual(after(name), before(name), name);
  for (const name of [key(0), key(1)]) assert.notDeepEqual(after(name), before(name), name);
});

test("The best epoch is what is saved where early stopping is asked for", async () => {
  const { code, stdout, stderr } = await frostkit(
    ...base,
    ..."--epochs 6 --early-stopping 1 --metric loss --lr 5e-2 --save runs/best".split(" "),
  );
  assert.equal(code, 0, stderr);
  const [, ...rows] = stdout.split("\n\n")[0].split("\n");
  const losses = rows.map((row) => Number(row.trim().split(/ +/)[2]));
  const best = losses.indexOf(Math.min(...losses)) + 1;
  if (best < losses.length)
    assert.match(stdout, new RegExp(`^the weights are those of epoch ${best}, the best one$`, "m"));
  else assert.doesNotMatch(stdout, /the weights are those/);
});

test("The same seed saves the same weights, another one others", async () => {
  const args = [...base, "--freeze", "2", "--epochs", "1"];
  for (const [seed, name] of [
    ["7", "a"],
    ["7", "b"],
    ["8", "c"],
  ])
    assert.equal((await frostkit(...args, "--seed", seed, "--save", `runs/seed-${name}`)).code, 0);
  const [a, b, c] = ["a", "b", "c"].map((name) => weights(`runs/seed-${name}`)("classifier.weight"));
  assert.deepEqual(a, b);
  assert.notDeepEqual(a, c);
});

test("Ctrl-C stops with exit code 130 and saves nothing where no folder is named", async () => {
  const run = start([...base, "--epochs", "500"]);
  await run.seen(/parameters are frozen/);
  run.child.kill("SIGINT");
  const { code, stderr } = await run.ended;
  assert.equal(code, 130);
  assert.match(stderr, /^frostkit finetune: stopped in epoch \d+ of 500; nothing was saved$/m);
});

test("Stopped by Ctrl-C, SIGTERM or --max-minutes, a run goes on when its command is given again, to the same model", async () => {
  const args = [...base, ..."--epochs 40 --batch 12 --freeze 1 --seed 4".split(" ")];
  assert.equal((await frostkit(...args, "--save", "runs/whole")).code, 0);
  const parted = [...args, "--save", "runs/parted"];
  let step = 0;
  for (const [signal, exit] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    [null, 124],
  ] as const) {
    const run = start(signal ? parted : [...parted, "--max-minutes", "0.001"]);
    if (signal) {
      await run.seen(/^epoch \d/m);
      run.child.kill(signal);
    }
    const { code, stderr } = await run.ended;
    assert.equal(code, exit, stderr);
    const stopped = stderr.trimEnd().split("\n").at(-1)!;
    const [, now] =
      /^frostkit finetune: stopped in epoch \d+ of 40; the same command goes on after step (\d+), kept in runs\/parted-unfinished$/.exec(
        stopped,
      ) ?? [];
    // Time is up before the first step, and may be before the run has gone back to where it was.
    if (now === undefined) assert.match(stopped, /stopped before anything was finished$/);
    else {
      if (step > 0)
        assert.match(stderr, new RegExp(`^runs/parted-unfinished: goes on after step ${step} of 160$`, "m"));
      assert.ok(Number(now) >= step + (signal ? 1 : 0), stopped);
    }
    step = Number(now ?? step);
    assert.ok(!existsSync(join(folder, "runs/parted")));
  }
  const other = await frostkit(...parted, "--lr", "1e-3");
  assert.equal(other.code, 2);
  assert.match(
    other.stderr,
    /^frostkit finetune: --resume: runs\/parted-unfinished holds the state of another run: --learning-rate 0\.002, here 0\.001; --restart begins anew, and another folder keeps both$/m,
  );
  const { code, stdout, stderr } = await frostkit(...parted);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.split("\n\n")[0].split("\n").length, 41);
  const [whole, model] = [weights("runs/whole"), weights("runs/parted")];
  for (const name of [query(1), query(2), "classifier.weight"])
    assert.deepEqual(model(name), whole(name), name);
  assert.ok(!existsSync(join(folder, "runs/parted-unfinished")));
});

test("Bad input is one line and exit code 2, before anything is trained", async () => {
  const refuses = async (args: string[], line: RegExp) => {
    const { code, stdout, stderr } = await frostkit(...base, ...args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^frostkit finetune: [^\n]+\n$/);
    assert.match(stderr, line);
  };
  writeFileSync(join(folder, "runs/notes.txt"), "mine");
  await refuses(
    ["--save", "runs"],
    /--save: runs also holds [^\n]+, which saving a checkpoint here would delete: save to a new folder/,
  );
  await refuses(
    ["--save", model],
    /^frostkit finetune: model: expected another folder than the one the model was loaded from/,
  );
  await refuses(
    ["--save", `../${basename(folder)}/${model}/`],
    /expected another folder than the one the model/,
  );
  await refuses(
    ["--save", `${train}/model`],
    /--save: train\.csv\/model cannot be written \(E\w+\); name a place/,
  );
  await refuses(["--save", "/proc/model"], /--save: \/proc\/model cannot be written \(E\w+\)/);
  for (const name of [train, `${train}/`])
    await refuses(["--save", name], /--save: train\.csv\/? is a file, expected a folder to save to/);
  for (const place of ["runs/one", "runs/one/", "./runs/one/state"])
    await refuses(
      ["--save", "runs/one", "--resume", place],
      /--resume: expected a folder outside of runs\/one, which --save replaces as a whole, got \S+; name another/,
    );
  for (const option of ["--valid-fraction", "--split-seed"])
    await refuses(
      ["--valid", train, option, "0"],
      new RegExp(`${option}: expected none, since train\\.csv is validated on; leave it out`),
    );
  await refuses(["--max-len", "2"], /--max-length: expected at least 3, got 2/);
  await refuses(
    ["--freeze", "4"],
    /finetune: --freeze: expected a whole number from 0 .* to 3 \(all blocks\), got 4/,
  );
  await refuses(["--freeze-where", "atention"], /no parameter matches "atention"; close: /);
  await refuses(
    ["--early-stopping", "1", "--valid-fraction", "0"],
    /--early-stopping: expected rows to judge epochs by/,
  );
  assert.equal(readFileSync(join(folder, "runs/notes.txt"), "utf8"), "mine");
  const scores = Array.from({ length: 100 }, (_, row) => `text ${row},${2 + (row % 50)}\n`);
  writeFileSync(join(folder, "scores.csv"), `text,target\n${scores.join("")}`);
  await refuses(
    ["--train", "scores.csv"],
    /column "target" holds 50 different numbers from 2 to 51; .*\(--task regression, --task single\)$/m,
  );
  // A model that is not there shows that nothing was loaded or fetched before, but for what asks the model itself.
  for (const [args, line] of [
    [
      ["--class-weights", "1,2"],
      /--class-weights: expected 3 weights of at least 0 for bad, good, mixed, got \[1,2\]/,
    ],
    [
      ["--class-weights", "0,0,0"],
      /--class-weights: expected a weight above 0 for at least one class, got 0/,
    ],
    [
      ["--precision", "bf16"],
      /--precision: expected fp32, which is all that engine onnxruntime computes with, got bf16/,
    ],
  ] as [string[], RegExp][])
    await refuses([...args, "--model", "no/such/model"], line);
  const frozen = await frostkit(...base, "--freeze-where", "*");
  assert.deepEqual([frozen.code, frozen.stdout], [2, ""]);
  assert.match(
    frozen.stderr,
    /\nfrostkit finetune: every parameter is frozen, so nothing can be trained: unfreeze some[^\n]+\n$/,
  );
  await refuses(
    ["--encoding", "latin-99"],
    /--encoding <name>' argument 'latin-99' is invalid\. Expected an encoding/,
  );
});

test("--encoding reads a table that is no UTF-8, which is refused by what it may be without", async () => {
  const rows = ["caf\xe9 good", "na\xefve bad", "\x93good\x94", "bad"].map(
    (text, row) => `${text},${row % 2},,\n`,
  );
  writeFileSync(join(folder, "old.csv"), Buffer.from(`v2,v1,,\n${rows.join("")}`, "latin1"));
  const args = [
    ...base,
    ..."--train old.csv --text v2 --label v1 --epochs 1 --valid-fraction 0 --ignore-mismatched-sizes".split(
      " ",
    ),
  ];
  const refused = await frostkit(...args);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /old\.csv, line 2: expected UTF-8, got the byte 0xe9, .*\(--encoding windows-1252\)/,
  );
  const { code, stderr } = await frostkit(...args, "--encoding", "cp1252");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^2 classes: 0, 1$/m);
});

test("--delimiter reads a table whose cells are not set apart as its name says", async () => {
  const rows = ["good, really", "bad", "good", "bad"].map((text, row) => `${text};${row % 2}\n`);
  writeFileSync(join(folder, "semicolons.csv"), `text;target\n${rows.join("")}`);
  const args = [
    ...base,
    ..."--train semicolons.csv --epochs 1 --valid-fraction 0 --ignore-mismatched-sizes".split(" "),
  ];
  for (const [more, line] of [
    [[], /semicolons\.csv: expected cells set apart by commas, .* \(--delimiter ";"\)$/m],
    [["--delimiter", ""], /--delimiter: expected something, got nothing; is a variable of the shell unset/],
  ] as [string[], RegExp][]) {
    const refused = await frostkit(...args, ...more);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, line);
  }
  const { code, stderr } = await frostkit(...args, "--delimiter", ";");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^2 classes: 0, 1$/m);
});
