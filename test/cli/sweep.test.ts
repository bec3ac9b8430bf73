import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readRecords } from "../../src/sweep/record";
import { waitUntil } from "../waitUntil";
import { folder, frostkit, start } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const train = tinyTable("train.csv", 60);
const valid = tinyTable("valid.csv", 30);
const base = [
  "sweep",
  "--model",
  model,
  "--engine",
  "onnxruntime",
  "--max-len",
  "16",
  "--batch",
  "12",
  "--lr",
  "1e-3",
];
const sweep = (...args: string[]) => frostkit(...base, "--train", train, "--valid", valid, ...args);
const recordsOf = (out: string) => readRecords(join(folder, out, "records.jsonl"));
const trialsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).trial);

test("A sweep prints a table of its depths; away from a terminal its progress is a line a trial on stderr", async () => {
  const { code, stdout, stderr } = await sweep(
    "--seeds",
    "0,1",
    "--epochs",
    "1",
    "--n",
    "-1..3",
    "--max-len",
    "6",
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^ *N +accuracy ± sd +to the best \[95 %\] +s\/epoch +frozen s +total s +of none +peak MB +of none +trainable$/m,
  );
  for (const n of ["none", "0", "1", "2", "3"])
    assert.match(stdout, new RegExp(`^ *${n} +0\\.\\d{4} ± 0\\.\\d{4} .*\\d,\\d{3}( .*)?$`, "m"));
  assert.match(stdout, /<- recommended/);
  assert.match(stdout, /^N = \w+: (the best|the deepest freeze)/m);
  assert.match(stdout, /^report: runs\/train\/report\.html/m);
  assert.match(readFileSync(join(folder, "runs/train/report.html"), "utf8"), /Freeze sweep: train/);
  const kept = readdirSync(join(folder, "runs/train/predictions"));
  assert.ok(
    kept.some((name) => /^freeze_n=3_seed=\d-\w{16}\.safetensors$/.test(name)),
    kept.join(),
  );
  const [texts] = kept.filter((name) => /^rows-\w{16}\.json$/.test(name));
  const read = JSON.parse(readFileSync(join(folder, "runs/train/predictions", texts), "utf8")).texts;
  assert.ok(
    read.length > 0 && read.every((text: string) => readFileSync(join(folder, valid), "utf8").includes(text)),
  );
  for (const name of ["accuracy", "seconds", "memory", "epochs"])
    for (const ending of ["svg", "png"]) assert.ok(existsSync(join(folder, `runs/train/${name}.${ending}`)));

  const lines = stderr.trimEnd().split("\n");
  assert.match(lines[0], /^engine: onnxruntime \(as asked for/);
  assert.deepEqual(lines.slice(1, 5), [
    "3 classes: bad, good, mixed",
    "60 rows to train on, 30 to validate on",
    "90 of 90 rows were cut to 6 tokens (--max-length)",
    "13 of 30 rows to validate on are the same to the model as rows to train on, the first of them row 2: scores on them say little of new rows",
  ]);
  assert.equal(lines.length, 5 + 10);
  assert.match(lines[5], /^ 1\/10 {2}N = none, seed 0: accuracy 0\.\d{4}, \d+\.\d s$/);
  assert.match(lines[14], /^10\/10 {2}N = 3, seed 1: accuracy 0\.\d{4}, \d+\.\d s$/);
});

test("--json prints one record a line and nothing else on stdout, the records that are kept", async () => {
  const { stdout, stderr } = await sweep("--n", "-1,3", "--epochs", "1", "--out", "runs/json", "--json");
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(records, recordsOf("runs/json"));
  assert.deepEqual(
    records.map(({ n, seed, engine, precision }) => [n, seed, engine, precision]),
    [
      [-1, 0, "onnxruntime", "fp32"],
      [3, 0, "onnxruntime", "fp32"],
    ],
  );
  assert.match(stderr, /^report: runs\/json\/report\.html/m);
});

/** Without --valid: rows are set aside, and only the same ones make it the same sweep. */
const split = (...args: string[]) => frostkit(...base, "--train", train, ...args);

test("A sweep that is complete is not run again, and says so; with more depths, only these are run", async () => {
  const args = ["--n", "3", "--epochs", "1", "--out", "runs/again", "--json"];
  const first = await split(...args);
  const before = readFileSync(join(folder, "runs/again/records.jsonl"), "utf8");
  const second = await split(...args);
  assert.match(second.stderr, /^all 1 trials stand in runs\/again\/records\.jsonl already: nothing to run$/m);
  assert.equal(readFileSync(join(folder, "runs/again/records.jsonl"), "utf8"), before);
  assert.equal(second.stdout, first.stdout);

  const more = await split("--n", "2,3", "--epochs", "1", "--out", "runs/again", "--json");
  assert.match(more.stderr, /^1 of 2 trials stand in .* already: these are not run again$/m);
  assert.deepEqual(trialsOf(more.stdout), ["freeze n=2 seed=0", "freeze n=3 seed=0"]);
  assert.ok(
    (await split("--n", "2", "--epochs", "1", "--out", "runs/again")).stdout.match(/^3 /m),
    "N = 3 is shown too",
  );
});

test("--lr takes several rates: each depth is tried at each, and the table has its best one", async () => {
  const args = ["--epochs", "1", "--n", "none,3", "--out", "runs/rates"];
  // The last --lr counts.
  const { code, stdout, stderr } = await sweep(...args, "--lr", "5e-5,1e-2");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^1\/4 {2}N = none, rate 5e-5, seed 0: accuracy /m);
  assert.match(stderr, /^4\/4 {2}N = 3, rate 1e-2, seed 0: accuracy /m);
  assert.match(stdout, /^ *N +rate +accuracy +to the best \[95 %\] +s\/epoch /m);
  for (const n of ["none", "3"]) assert.match(stdout, new RegExp(`^ *${n} +(5e-5|1e-2) +0\\.\\d{4} `, "m"));
  assert.match(
    stdout,
    /^N = \w+ at rate \S+: .* Each depth is judged at the best of its 2 rates, which flatters all alike\.$/m,
  );
  assert.deepEqual(
    recordsOf("runs/rates").map(({ trial, settings }) => [trial, settings!.learningRate]),
    ["-1", "3"].flatMap((n) =>
      [5e-5, 1e-2].map((rate) => [`freeze n=${n} lr=${rate.toExponential()} seed=0`, rate]),
    ),
  );
  const page = readFileSync(join(folder, "runs/rates/report.html"), "utf8");
  assert.match(page, /<th>Learning rate<\/th><td>0\.00005, 0\.01<\/td>/);
  assert.match(page, /<td>N = 3 at rate 1e-2<\/td>/);
  assert.match(
    readFileSync(join(folder, "runs/rates/trials.csv"), "utf8"),
    /^trial,strategy,n,seed,learning_rate,.*\nfreeze n=-1 lr=5e-5 seed=0,freeze,-1,0,0\.00005,/,
  );
  const picture = readFileSync(join(folder, "runs/rates/accuracy.svg"), "utf8");
  for (const rate of ["5e-5", "1e-2"]) assert.ok(picture.includes(`>${rate}<`), rate);

  const more = await sweep(...args, "--lr", "5e-5,1e-2,1e-3", "--json");
  assert.match(more.stderr, /^4 of 6 trials stand in /m);
  assert.deepEqual(
    trialsOf(more.stdout).slice(0, 2),
    ["-1", "3"].map((n) => `freeze n=${n} lr=1e-3 seed=0`),
  );
  const report = await frostkit("report", "runs/rates");
  assert.match(report.stdout, /the best of its 3 rates/);
  const other = await sweep(...args, "--lr", "2e-3", "--warmup", "0");
  assert.equal(other.code, 2);
  assert.match(other.stderr, /--out: runs\/rates holds records of another sweep: warmup/);
  const joined = await sweep(...args, "--lr", "2e-3", "--json");
  assert.equal(joined.code, 0, joined.stderr);
  assert.match(joined.stderr, /^runs\/rates: trials at rate 2e-3 join those at 5e-5, 1e-3, 1e-2$/m);
});

test("--lr auto has rates of its own for each depth", async () => {
  const args = ["--epochs", "1", "--n", "0,3", "--lr", "auto", "--json", "--out", "runs/auto"];
  const { stdout, stderr, code } = await sweep(...args);
  assert.equal(code, 0, stderr);
  assert.deepEqual(trialsOf(stdout), [
    ...["5e-5", "2e-4", "5e-4"].map((rate) => `freeze n=0 lr=${rate} seed=0`),
    ...["3e-3", "1e-2", "3e-2"].map((rate) => `freeze n=3 lr=${rate} seed=0`),
  ]);
});

test("A depth whose training loss has hardly moved at the only rate is called undertrained, also by report", async () => {
  // Two classes, for which the head is drawn anew.
  const two = tinyTable("two-kinds.csv", 60, (kind) => (kind === 0 ? "1" : "0"));
  const args = ["--train", two, "--n", "none,3", "--epochs", "8", "--ignore-mismatched-sizes"];
  const low = await frostkit(...base, ...args, "--lr", "1e-6", "--out", "runs/low");
  assert.equal(low.code, 0, low.stderr);
  const report = await frostkit("report", "runs/low");
  for (const { stdout } of [low, report]) {
    for (const n of ["none", "3"])
      assert.match(stdout, new RegExp(`^ *${n} .*[^ ] +(<- recommended, )?undertrained$`, "m"));
    assert.match(
      stdout,
      /^undertrained: at this rate, the highest it was tried at, the training loss has hardly fallen/m,
    );
    assert.match(stdout, /undertrained at this rate/);
  }
  assert.equal(recordsOf("runs/low")[0].lossCurve!.length, 25);
  // At two rates of which the lower one is best there is nothing to say.
  const records = recordsOf("runs/low").flatMap((record) =>
    [1e-6, 1].map((learningRate, i) => ({
      ...record,
      trial: `${record.trial} lr=${learningRate}`,
      accuracy: i === 0 ? 0.9 : 0.1,
      epochs: record.epochs.map((epoch) => ({
        ...epoch,
        metrics: { ...epoch.metrics, accuracy: i === 0 ? 0.9 : 0.1 },
      })),
      settings: { ...record.settings, learningRate },
    })),
  );
  mkdirSync(join(folder, "runs/two-rates"));
  writeFileSync(
    join(folder, "runs/two-rates/records.jsonl"),
    records.map(({ predictions, ...record }) => `${JSON.stringify(record)}\n`).join(""),
  );
  const both = await frostkit("report", "runs/two-rates");
  assert.equal(both.code, 0, both.stderr);
  assert.match(both.stdout, /^ *3 +1e-6 +0\.9000 /m);
  assert.doesNotMatch(both.stdout, /undertrained/);
});

test("A sweep of several rates that was killed goes on with those that are missing", async () => {
  const rates = "5e-4,1e-3,2e-3";
  const args = [...base, "--train", train, "--valid", valid, "--n", "3", "--epochs", "15", "--lr", rates];
  const run = start([...args, "--out", "runs/killed-rates"]);
  await run.seen(/^1\/3 /m);
  run.child.kill("SIGKILL");
  await run.ended;
  const kept = recordsOf("runs/killed-rates");
  assert.ok(kept.length >= 1 && kept.length < 3, `${kept.length}`);
  const { code, stderr } = await frostkit(...args, "--out", "runs/killed-rates");
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`^${kept.length} of 3 trials stand in `, "m"));
  assert.deepEqual(
    recordsOf("runs/killed-rates").map(({ learningRate }) => learningRate),
    rates.split(",").map(Number),
  );
});

test("Other settings in the same folder are refused, and with --restart are another sweep, the first one's records set aside", async () => {
  const args = ["--n", "3", "--epochs", "2", "--out", "runs/again"];
  const refused = await split(...args);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /^frostkit sweep: --out: runs\/again holds records of another sweep: epochs 1, here 2; name another folder, or set them aside by --restart$/m,
  );
  const { code, stdout } = await split(...args, "--restart");
  assert.equal(code, 0);
  const kept = (file: string) =>
    readRecords(join(folder, "runs/again", file)).map(({ n, epochs }) => [n, epochs.length]);
  assert.deepEqual(kept("records.jsonl"), [[3, 2]]);
  assert.deepEqual(kept("records-1.jsonl"), [
    [3, 1],
    [2, 1],
  ]);
  assert.doesNotMatch(stdout, /^2 /m);
});

test("A sweep that was killed goes on with the trials that are missing", async () => {
  const args = [
    ...base,
    "--train",
    train,
    "--valid",
    valid,
    "--n",
    "0..3",
    "--epochs",
    "15",
    "--out",
    "runs/killed",
  ];
  const run = start(args);
  await run.seen(/^1\/4 /m);
  run.child.kill("SIGKILL");
  assert.equal((await run.ended).code, null);
  const kept = recordsOf("runs/killed");
  assert.ok(kept.length >= 1 && kept.length < 4, `${kept.length}`);
  const { code, stderr } = await frostkit(...args);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`^${kept.length} of 4 trials stand in `, "m"));
  assert.deepEqual(
    recordsOf("runs/killed").map(({ n }) => n),
    [0, 1, 2, 3],
  );
  assert.deepEqual(recordsOf("runs/killed").slice(0, kept.length), kept);
});

test("Ctrl-C stops at the next step with exit code 130, keeps what is finished and says how to go on", async () => {
  const args = [
    ...base,
    "--train",
    train,
    "--valid",
    valid,
    "--n",
    "0..3",
    "--epochs",
    "200",
    "--out",
    "runs/stopped",
  ];
  const run = start(args);
  await run.seen(/rows to train on/);
  run.child.kill("SIGINT");
  const { code, stdout, stderr } = await run.ended;
  assert.equal(code, 130, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^stopping at the next step; Ctrl-C again ends at once$/m);
  assert.match(
    stderr.trimEnd().split("\n").at(-1)!,
    /^frostkit sweep: stopped(: \d of 4 trials are kept in runs\/stopped\/records\.jsonl, and the same sweep goes on from there| before anything was finished)$/,
  );
});

test("SIGTERM stops with exit code 143, and the same command goes on inside the trial that was running", async () => {
  const args = [
    ...base,
    ..."--n 2 --epochs 60 --out runs/term --save-every 1".split(" "),
    ...["--train", train, "--valid", valid],
  ];
  const run = start(args);
  await waitUntil(() => existsSync(join(folder, "runs/term/unfinished-freeze_n=2_seed=0/state-2")));
  run.child.kill("SIGTERM");
  const { code, stderr } = await run.ended;
  assert.equal(code, 143, stderr);
  assert.match(stderr, /^stopping at the next step, since the system asks for it \(SIGTERM\)$/m);
  const again = await frostkit(...args);
  assert.equal(again.code, 0, again.stderr);
  const step = /^runs\/term\/unfinished-freeze_n=2_seed=0: goes on after step (\d+) of (\d+)$/m.exec(
    again.stderr,
  )!;
  assert.ok(Number(step[1]) >= 2 && Number(step[1]) < Number(step[2]), again.stderr);
  assert.equal(recordsOf("runs/term")[0].epochs.length, 60);
  assert.ok(!existsSync(join(folder, "runs/term/unfinished-freeze_n=2_seed=0")));
});

test("Two sweeps in one folder: the second is told which process has it, and stops", async () => {
  const args = [
    ...base,
    ..."--n 2,3 --epochs 60 --out runs/two".split(" "),
    "--train",
    train,
    "--valid",
    valid,
  ];
  const first = start(args);
  await waitUntil(() => existsSync(join(folder, "runs/two/.frostkit-lock")));
  const second = await frostkit(...args);
  assert.equal(second.code, 1, second.stderr);
  assert.match(
    second.stderr,
    new RegExp(
      `^frostkit sweep: runs/two: expected a folder that no other run writes to, got one that process ${first.child.pid} does, since `,
      "m",
    ),
  );
  first.child.kill("SIGKILL");
  await first.ended;
  const third = await frostkit(...args);
  assert.equal(third.code, 0, third.stderr);
  assert.match(
    third.stderr,
    new RegExp(
      `^runs/two: process ${first.child.pid}, which wrote to it, is no more; this run takes over$`,
      "m",
    ),
  );
  assert.deepEqual(
    recordsOf("runs/two").map(({ n }) => n),
    [2, 3],
  );
});

test("A second Ctrl-C ends at once", async () => {
  const run = start([...base, "--train", train, "--valid", valid, "--epochs", "100", "--out", "runs/twice"]);
  await run.seen(/rows to train on/);
  run.child.kill("SIGINT");
  run.child.kill("SIGINT");
  assert.equal((await run.ended).code, 130);
});

test("How many rows are set aside is --valid-fraction, which of them --split-seed", async () => {
  const hashOf = async (seed: string) => {
    const args = `--n 3 --epochs 1 --json --valid-fraction .25 --split-seed ${seed} --out runs/split-${seed}`;
    const { stdout, stderr } = await split(...args.split(" "));
    assert.match(stderr, /^45 rows to train on, 15 to validate on$/m);
    return JSON.parse(stdout).dataHash;
  };
  assert.notEqual(await hashOf("0"), await hashOf("1"));
});

test("Training options reach the training, and a head for other classes has to be asked for", async () => {
  const two = tinyTable("two.csv", 40, (kind) => (kind === 0 ? "1" : "0"));
  const args = [...base, "--train", two, "--n", "2", "--out", "runs/options", "--json"];
  const refused = await frostkit(...args);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^frostkit sweep: classifier\.weight: .* shape \[2,32\], .* holds \[3,32\]/);
  const more =
    "--ignore-mismatched-sizes --epochs 3 --weight-decay 0.1 --warmup 0 --schedule cosine --layerwise-decay 0.9";
  const { code, stdout, stderr } = await frostkit(
    ...args,
    ...more.split(" "),
    ..."--class-weights balanced --early-stopping 1 --eval-every 0.5 --metric f1 --frozen-dropout --gradient-checkpointing --limit 30".split(
      " ",
    ),
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^newly initialised: classifier\.weight, classifier\.bias$/m);
  assert.match(stderr, /^24 rows to train on, 6 to validate on$/m);
  assert.match(stderr, /N = 2, seed 0: f1 /);
  assert.deepEqual(JSON.parse(stdout).settings, {
    epochs: 3,
    batchSize: 12,
    learningRate: 0.001,
    weightDecay: 0.1,
    warmup: 0,
    schedule: "cosine",
    layerwiseDecay: 0.9,
    classWeights: "balanced",
    evalEvery: 0.5,
    earlyStopping: 1,
    metric: "f1",
    frozenDropout: true,
    gradientCheckpointing: true,
  });
});

test("--strategies tries recipes beside the depths, with settings of their own; report draws them too", async () => {
  const recipes = "layerwiseDecay:decay=0.8,gradual:unfreeze=3/-1,lora:rank=2:learningRate=3e-3:name=lora2";
  const args = ["--n", "2", "--strategies", recipes, "--out", "runs/recipes"];
  const { code, stdout, stderr } = await sweep(...args, "--json");
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ strategy, recipe }) => [strategy, recipe]),
    [
      ["freeze", undefined],
      ["layerwiseDecay", { recipe: "layerwiseDecay", decay: 0.8, name: "layerwiseDecay" }],
      ["gradual", { recipe: "gradual", unfreeze: [3, -1], name: "gradual" }],
      ["lora2", { recipe: "lora", rank: 2, learningRate: 0.003, name: "lora2" }],
    ],
  );
  assert.match(stderr, /^2\/4 {2}layerwiseDecay, seed 0: accuracy 0\.\d{4}, /m);
  const again = await sweep(...args);
  assert.match(again.stderr, /^all 4 trials stand in /m);
  const report = await frostkit("report", "runs/recipes");
  for (const table of [again.stdout, report.stdout])
    for (const name of ["freeze", "layerwiseDecay", "gradual", "lora2"])
      assert.match(table, new RegExp(`^${name} +[ 2] +0\\.\\d{4} `, "m"));
  const picture = readFileSync(join(folder, "runs/recipes/accuracy.svg"), "utf8");
  for (const name of ["layerwiseDecay", "gradual", "lora2"]) assert.ok(picture.includes(`>${name}<`), name);
});

test("A regression is judged by rmse", async () => {
  const stars = tinyTable("stars.csv", 40, (kind) => String(kind + 0.5));
  const { code, stdout, stderr } = await frostkit(
    ...base,
    ...["--train", stars, "--task", "regression", "--n", "2,3", "--epochs", "1", "--ignore-mismatched-sizes"],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^N +rmse /m);
  assert.match(stderr, /N = 2, seed 0: rmse \d/);
});

test("Several label columns are a multi-label task", async () => {
  const flags = tinyTable("flags.csv", 40, (kind) => `${kind & 1},${kind >> 1},${kind % 2}`);
  const path = join(folder, flags);
  writeFileSync(path, readFileSync(path, "utf8").replace("id,text,target", "id,text,a,b,c"));
  const { code, stdout, stderr } = await frostkit(
    ...base,
    ..."--train flags.csv --label a,b,c --n 3 --json".split(" "),
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(Object.keys(JSON.parse(stdout).epochs[0].metrics), [
    "accuracy",
    "f1",
    "rocAuc",
    "logLoss",
  ]);
});

test("Bad input is one line on stderr, exit code 2, and leaves nothing behind", async () => {
  const before = readdirSync(join(folder, "runs"));
  const refuses = async (
    ended: Promise<{ code: number | null; stdout: string; stderr: string }>,
    line: RegExp,
  ) => {
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^frostkit sweep: [^\n]+\n$/);
    assert.match(stderr, line);
  };
  const out = ["--out", "runs/none"];
  await refuses(sweep("--n", "0..4", ...out), /--n: expected an integer from -1 to 3, got 4/);
  await refuses(
    sweep("--label", "labels", ...out),
    /train\.csv: expected the label column "labels", got .*"target"/,
  );
  for (const place of [`${train}/runs`, "/proc/runs"])
    await refuses(
      sweep("--out", place),
      new RegExp(`${place}/records\\.jsonl: cannot be written \\(E\\w+\\); name a place`),
    );
  const taken = join(folder, "taken");
  mkdirSync(taken);
  writeFileSync(join(taken, "report.html"), "mine");
  await refuses(
    sweep("--out", taken),
    /--out: .*taken holds report\.html of no report of the kit, which a report would replace: name a new folder/,
  );
  assert.equal(readFileSync(join(taken, "report.html"), "utf8"), "mine");
  const others = join(folder, "others");
  mkdirSync(others);
  writeFileSync(join(others, "records.jsonl"), '{"text":"mine"}');
  await refuses(sweep("--out", others), /others\/records\.jsonl, line 1: trial: expected /);
  assert.equal(readFileSync(join(others, "records.jsonl"), "utf8"), '{"text":"mine"}');
  await refuses(
    sweep("--lr", "1e-3,5e-5,1e-3", ...out),
    /--lr, --learning-rate <rates>' argument '1e-3,5e-5,1e-3' is invalid\. Expected each once, got 0\.001 twice; see/,
  );
  await refuses(
    sweep("--lr", "1e-3,-1", ...out),
    /Expected a number above 0, got -1; see frostkit sweep --help/,
  );
  await refuses(sweep("--metric", "auc", ...out), /--metric: expected one of loss, accuracy, .*, got "auc"/);
  await refuses(sweep("--max-len", "65", ...out), /--max-length: expected at most 64, .*, got 65/);
  await refuses(
    sweep("--strategies", "norms,adapters", ...out),
    /strategies\[1\]\.recipe: expected one of layerwiseDecay, gradual, bitFit, norms, lora, got "adapters"/,
  );
  await refuses(
    sweep("--strategies", "norms,norms", ...out),
    /strategies: expected a name of its own for each, got norms twice; set name/,
  );
  await refuses(
    frostkit(...base, "--train", "gone.csv", ...out),
    /gone\.csv: cannot be read \(no such file\)/,
  );
  await refuses(
    frostkit(...base, "--train", train, "--valid-fraction", "0", ...out),
    /--valid-fraction: expected a share above 0/,
  );
  assert.deepEqual(readdirSync(join(folder, "runs")), before);
});

test("What is neither wrong use nor bad input is exit code 1 in one line; FROSTKIT_DEBUG adds where it happened", async () => {
  const args = ["pack", "kit"];
  const env = { TMPDIR: join(folder, "no-such-folder"), HF_HUB_OFFLINE: "" };
  const last = (stderr: string) => stderr.trimEnd().split("\n").at(-1)!;
  const plain = await start(args, { env }).ended;
  assert.equal(plain.code, 1);
  assert.match(last(plain.stderr), /^frostkit pack: ENOENT: .* \(FROSTKIT_DEBUG=1 shows where\)$/);
  const debug = await start(args, { env: { ...env, FROSTKIT_DEBUG: "1" } }).ended;
  assert.equal(debug.code, 1);
  assert.match(last(debug.stderr), /^ {4}at /);
});
