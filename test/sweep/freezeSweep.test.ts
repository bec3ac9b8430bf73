import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";
import { FileTensor } from "../../src/checkpoint/FileTensor";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { addLora, type LoraOptions } from "../../src/recipes/addLora";
import { bitFit } from "../../src/recipes/bitFit";
import { trainNorms } from "../../src/recipes/trainNorms";
import { formatSummary } from "../../src/sweep/formatSummary";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { groupBy } from "../../src/sweep/groupBy";
import { latestSweep } from "../../src/sweep/latestSweep";
import { readPredictions } from "../../src/sweep/readPredictions";
import { recommendN } from "../../src/sweep/recommendN";
import { readRecords, type TrialRecord } from "../../src/sweep/record";
import type { FreezeSweepOptions, SweepEvent } from "../../src/sweep/SweepOptions";
import type { Strategy } from "../../src/sweep/strategies";
import { summarize } from "../../src/sweep/summarize";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { metrics } from "../../src/training/metrics";
import { predict } from "../../src/training/predict";
import { distance } from "../close";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { readAll } from "../readAll";
import { changeState } from "../training/changeState";
import { loadTiny, tinyBert, tinyBertWith, tinyWithDropout, toyRows } from "../training/toyData";
import { killed, killedData } from "./killedSweep";

// The tables of tests are small ones.
FileTensor.large = 0;

const train = toyRows(32);
const valid = toyRows(16, "valid");

onEveryFastEngine("freezeSweep", (engine) => {
  let folder = "";
  let runs = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const options = (more: Partial<FreezeSweepOptions> = {}): FreezeSweepOptions => ({
    // The tiny BERT's own head is of three labels, so the model is handed over loaded where the head is to be drawn anew.
    model: tinyBert,
    train: threeClasses(train),
    valid: threeClasses(valid),
    epochs: 2,
    batchSize: 8,
    learningRate: 3e-3,
    out: join(folder, String(++runs)),
    log: () => {},
    ...more,
  });
  const lossesOf = (record: TrialRecord) =>
    record.epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]);

  it("runs every depth with every seed and records what each came to", async () => {
    const { records, aborted, failed, folder: out } = await freezeSweep(options({ seeds: [0, 1] }));
    assert.deepEqual(
      records.map(({ n, seed }) => [n, seed]),
      [-1, 0, 1, 2, 3].flatMap((n) => [0, 1].map((seed) => [n, seed])),
    );
    assert.equal(aborted, false);
    assert.deepEqual(failed, []);
    assert.deepEqual(readRecords(join(out, "records.jsonl")), JSON.parse(JSON.stringify(records)));
    for (const record of records) {
      assert.equal(record.strategy, "freeze");
      assert.equal(record.engine, engine);
      assert.equal(record.precision, "fp32");
      assert.equal(record.accuracy, record.epochs[1].metrics.accuracy);
      assert.equal(record.epochs.length, 2);
      assert.equal(record.trainRows, 32);
      assert.equal(record.validRows, 16);
      assert.ok(record.frozenSeconds >= 0 && record.peakRssBytes > 1e7);
      assert.match(record.modelHash, /^[0-9a-f]{64}$/);
      assert.equal(record.versions.node, process.versions.node);
    }
    const bySeed0 = records.filter(({ seed }) => seed === 0);
    for (const [shallow, deep] of [0, 1, 2].map((i) => [bySeed0[i], bySeed0[i + 1]])) {
      assert.ok(deep.trainableParameters < shallow.trainableParameters);
      assert.ok(deep.peakTensorBytes < shallow.peakTensorBytes, `peak at n = ${deep.n}`);
      assert.equal(deep.totalParameters, shallow.totalParameters);
    }
  });

  it("gives each trial what the same fine-tuning gives by itself, in whatever order trials run", async () => {
    const folder = tinyWithDropout();
    const { records } = await freezeSweep(options({ model: folder, n: [2, -1, 0], seeds: [3] }));
    assert.deepEqual(
      records.map(({ n }) => n),
      [-1, 0, 2],
    );
    for (const { n, epochs } of records) {
      const model = await loadTiny(folder, { classes: ["odd", "even", "neither"] });
      if (n >= 0) topNLayerFreeze(model, n);
      const alone = await fineTune(
        model,
        { train: threeClasses(train), valid: threeClasses(valid) },
        { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 3 },
      );
      const losses = (of: typeof epochs) => of.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]);
      assert.ok(distance(losses(epochs), losses(alone.epochs)) < 1e-4, `n = ${n}`);
      model.dispose();
    }
  });

  it("measures the same memory for a trial whatever ran before it, and less where tables are frozen", async () => {
    const peaks = async (n: number[], model: FreezeSweepOptions["model"] = tinyBert) => {
      const { records } = await freezeSweep(options({ n, model }));
      return Object.fromEntries(records.map((record) => [record.n, record.peakTensorBytes]));
    };
    const together = await peaks([-1, 0, 1]);
    for (const n of [-1, 0, 1]) assert.deepEqual(await peaks([n]), { [n]: together[n] });
    // A model that was handed over read counts its tables in every trial.
    const read = await loadTiny(tinyBert, { classes: ["odd", "even", "neither"] });
    readAll(read);
    const whole = await peaks([0], read);
    const tables = 4 * 32 * (120 + 64 + 2);
    assert.equal(whole[0] - together[0], tables);
    read.dispose();
  });

  it("draws head and order by seed: the same seed, the same numbers", async () => {
    const model = await loadTiny(tinyBert);
    const sweep = async (seeds: number[]) =>
      (await freezeSweep(options({ model, train, valid, n: [1], seeds }))).records.map(lossesOf);
    const [first, second] = await sweep([7, 8]);
    assert.notDeepEqual(first, second);
    assert.deepEqual(await sweep([8]), [second]);
    model.dispose();
  });

  it("pushes the frozen features one block further with each depth, and shares them among seeds", async () => {
    const frozen = new Map<string, number>();
    for await (const event of freezeSweep(options({ n: [1, 2], seeds: [0, 1] })))
      if (event.type === "progress" && event.event.type === "frozen")
        frozen.set(event.trial.trial, (frozen.get(event.trial.trial) ?? 0) + 1);
    assert.deepEqual([...frozen.keys()], ["freeze n=1 seed=0", "freeze n=2 seed=0"]);
  });

  it("leaves a model that was handed over as it was, weights and flags, and leaks no tensor", async () => {
    const model = await loadTiny(tinyBert);
    const frozen = freezeWhere(model, "LayerNorm");
    const before = model.namedParameters().map(([, parameter]) => parameter.value.dataSync().slice());
    const tensors = tf.memory().numTensors;
    await freezeSweep(options({ model, train, valid, n: [-1, 1] }));
    model.namedParameters().forEach(([name, parameter], i) => {
      assert.deepEqual(parameter.value.dataSync(), before[i], name);
      assert.equal(parameter.requiresGrad, !frozen.includes(name));
    });
    assert.equal(tf.memory().numTensors, tensors);
    for await (const event of freezeSweep(options({ model, train, valid, n: [-1] })))
      if (event.type === "progress" && event.event.type === "step") break;
    assert.deepEqual(model.parameter("classifier.bias").value.dataSync(), before.at(-1));
    assert.equal(tf.memory().numTensors, tensors);
    model.dispose();
  });

  it("goes on where it was cut off, without running a finished trial again", async () => {
    const out = join(folder, "resumed");
    const abort = new AbortController();
    const first = freezeSweep(options({ out, n: [0, 1, 2], signal: abort.signal }));
    for await (const event of first) if (event.type === "record") abort.abort();
    const cut = await first;
    assert.equal(cut.aborted, true);
    assert.deepEqual(
      cut.records.map(({ n }) => n),
      [0],
    );

    const events: SweepEvent[] = [];
    const second = freezeSweep(options({ out, n: [0, 1, 2] }));
    for await (const event of second) events.push(event);
    assert.deepEqual(
      events.flatMap((event) => (event.type === "start" ? [event.done] : [])),
      [1],
    );
    assert.deepEqual(
      events.flatMap((event) => (event.type === "trial" ? [event.trial.n] : [])),
      [1, 2],
    );
    const { records } = await second;
    assert.deepEqual(
      records.map(({ n }) => n),
      [0, 1, 2],
    );
    assert.deepEqual(records[0], JSON.parse(JSON.stringify(cut.records[0])));
  });

  it("goes on inside the trial that was cut off, to the records of a sweep that was not", async () => {
    const dropout = { model: tinyBertWith({ hidden_dropout_prob: 0.1 }), n: [2], seeds: [3], epochs: 3 };
    const strategies: Strategy[] = ["gradual", { recipe: "lora", rank: 2, dropout: 0.1 }];
    const plain = (records: TrialRecord[]) =>
      records.map(({ frozenSeconds, peakRssBytes, epochs, ...rest }) => ({
        ...rest,
        epochs: epochs.map(({ trainSeconds, evalSeconds, ...epoch }) => epoch),
      }));
    const whole = await freezeSweep(options({ ...dropout, strategies }));
    const out = join(folder, "inside");
    const from: number[] = [];
    let result = { ...whole, aborted: true };
    for (const stop of [5, 13, 18, 23, 33, 35, Number.POSITIVE_INFINITY]) {
      const abort = new AbortController();
      const sweep = freezeSweep(options({ ...dropout, strategies, out, signal: abort.signal }));
      let [done, step] = [0, 0];
      for await (const event of sweep) {
        if (event.type === "start") done = event.done;
        if (event.type === "record") done++;
        if (event.type !== "progress") continue;
        if (event.event.type === "resumed") from.push(12 * done + event.event.step);
        if (event.event.type === "step") step = 12 * done + event.event.step;
        if (step >= stop) abort.abort();
      }
      result = await sweep;
      assert.equal(result.aborted, Number.isFinite(stop));
    }
    assert.deepEqual(from, [5, 13, 18, 23, 33, 35]);
    assert.deepEqual(plain(result.records), plain(whole.records));
    assert.deepEqual(readdirSync(out).sort(), ["predictions", "records.jsonl"]);
  });

  it("keeps what each validation row got from the weights that a trial ended with, in the same run and in several", async () => {
    const more = { n: [2], seeds: [3], epochs: 4, learningRate: 3e-2, metric: "loss", restoreBest: true };
    const whole = await freezeSweep(options(more));
    const [record] = whole.records;
    const { outputs, labels, rows } = readPredictions(whole.folder, record);
    assert.deepEqual(labels, threeClasses(valid).labels);
    assert.match(rows, /^[0-9a-f]{64}$/);
    const kept = record.epochs.find(({ epoch }) => epoch === record.restoredEpoch) ?? record.epochs.at(-1)!;
    assert.deepEqual(metrics(outputs, labels), kept.metrics);
    const model = await loadTiny(tinyBert, { classes: ["odd", "even", "neither"] });
    topNLayerFreeze(model, 2);
    const data = { train: threeClasses(train), valid: threeClasses(valid) };
    const { n, seeds, ...rest } = more;
    await fineTune(model, data, { ...rest, batchSize: 8, seed: 3 });
    const { probabilities } = await predict(model, data.valid);
    assert.ok(distance(Array.from(outputs), Array.from(probabilities)) < 1e-5);
    model.dispose();
    // Left behind its last epoch, a trial has no epoch to run any more, and predicts once more.
    const out = join(folder, "left");
    for await (const event of freezeSweep(options({ ...more, out })))
      if (event.type === "progress" && event.event.type === "epoch" && event.event.epoch === 4) break;
    const resumed = await freezeSweep(options({ ...more, out }));
    const again = readPredictions(out, resumed.records[0]);
    assert.equal(again.rows, rows);
    assert.ok(distance(Array.from(again.outputs), Array.from(outputs)) < 1e-6);
  });

  it("gives a trial in bf16 the same numbers whichever depths were tried before it", {
    skip: withoutHalf(engine),
  }, async () => {
    const half = { precision: "bf16" } as const;
    const { records } = await freezeSweep(options({ ...half, n: [0, 1, 2], seeds: [0, 1] }));
    const alone = await freezeSweep(options({ ...half, n: [2], seeds: [1] }));
    assert.deepEqual(lossesOf(records.at(-1)!), lossesOf(alone.records[0]));
  });

  it("records how the training loss fell, the same whether it was cut off or not, but for a head that knows the task", async () => {
    // Two classes, where the checkpoint's own head has three.
    const model = await loadTiny();
    const given = { model, train, valid, n: [2], epochs: 5, learningRate: 1e-2 };
    const [whole] = (await freezeSweep(options(given))).records;
    const losses: number[] = [];
    const abort = new AbortController();
    const out = join(folder, "curve");
    for (const signal of [abort.signal, undefined])
      for await (const event of freezeSweep(options({ ...given, out, signal }))) {
        if (event.type !== "progress" || event.event.type !== "step") continue;
        losses.push(event.event.loss);
        if (event.event.step === 7) abort.abort();
      }
    assert.equal(losses.length, 20);
    const [resumed] = readRecords(join(out, "records.jsonl"));
    assert.deepEqual(resumed.lossCurve, whole.lossCurve);
    const [first, ...parts] = whole.lossCurve!;
    assert.equal(first, losses[0]);
    assert.equal(parts.length, 24);
    assert.ok(parts.every((loss) => loss > Math.min(...losses) - 1e-9 && loss < Math.max(...losses) + 1e-9));
    const { n, epochs } = given;
    const [own] = (await freezeSweep(options({ n, epochs }))).records;
    assert.ok(own.epochs.length === 5 && own.lossCurve === undefined);
    const [short] = (await freezeSweep(options({ ...given, epochs: 3 }))).records;
    assert.equal(short.lossCurve, undefined);
    model.dispose();
  });

  it("begins anew where it is told to, and sets aside the records that are there", async () => {
    const out = join(folder, "anew");
    const ran = async (more: Partial<FreezeSweepOptions>) => {
      const abort = new AbortController();
      const seen: string[] = [];
      for await (const event of freezeSweep(options({ out, n: [2, 3], signal: abort.signal, ...more }))) {
        if (event.type === "progress" && event.event.type === "resumed") seen.push("resumed");
        if (event.type === "trial") seen.push(`n=${event.trial.n}`);
        if (event.type === "progress" && event.event.type === "step" && event.trial.n === 3) abort.abort();
      }
      return seen;
    };
    assert.deepEqual(await ran({}), ["n=2", "n=3"]);
    assert.deepEqual(await ran({}), ["n=3", "resumed"]);
    assert.deepEqual(await ran({ restart: true }), ["n=2", "n=3"]);
    assert.deepEqual(readdirSync(out).sort(), [
      "predictions",
      "records-1.jsonl",
      "records.jsonl",
      "unfinished-freeze_n=3_seed=0",
    ]);
    await assert.rejects(
      ran({ n: [3], warmup: 0 }),
      /anew holds records of another sweep: warmup left out, here 0;/,
    );
    assert.equal(readRecords(join(out, "records-1.jsonl")).length, 1);
  });

  it("begins a trial anew whose state another version of the kit has left, and says so", async () => {
    const more = { out: join(folder, "older"), n: [3], epochs: 2 };
    const abort = new AbortController();
    for await (const event of freezeSweep(options({ ...more, signal: abort.signal })))
      if (event.type === "progress" && event.event.type === "step") abort.abort();
    await changeState(join(more.out, "unfinished-freeze_n=3_seed=0"), { kit: "an older one" });
    const told: string[] = [];
    const sweep = freezeSweep(options({ ...more, log: (line) => told.push(line) }));
    for await (const event of sweep)
      if (event.type === "progress") assert.notEqual(event.event.type, "resumed");
    assert.match(
      told.at(-1)!,
      /: begins anew, since what is there was computed by another version of the kit's code$/,
    );
    const [whole] = (await freezeSweep(options({ n: [3], epochs: 2 }))).records;
    assert.deepEqual(lossesOf((await sweep).records[0]), lossesOf(whole));
    assert.deepEqual(readdirSync(more.out).sort(), ["predictions", "records.jsonl"]);
  });

  it("is alone in its folder: a second one is told so before it trains, and the first goes on", async () => {
    const out = join(folder, "alone");
    let refused = 0;
    for await (const event of freezeSweep(options({ out, n: [2, 3] }))) {
      if (event.type !== "trial") continue;
      await assert.rejects(
        async () => freezeSweep(options({ out, n: [2, 3] })),
        /alone: expected a folder that no other run writes to, got one that another run of this process does, since /,
      );
      refused++;
    }
    assert.equal(refused, 2);
    assert.deepEqual(readdirSync(out).sort(), ["predictions", "records.jsonl"]);
  });

  it("ends when time is up, and goes on in the trial that was running", async () => {
    const more = { out: join(folder, "time"), n: [3], epochs: 2 };
    const sweep = freezeSweep(options({ ...more, maxMinutes: 0.5 / 60 }));
    for await (const event of sweep)
      if (event.type === "progress" && event.event.type === "step" && event.event.step === 3)
        await setTimeout(600);
    assert.equal((await sweep).aborted, true);
    const [{ epochs }] = (await freezeSweep(options(more))).records;
    const [whole] = (await freezeSweep(options({ n: [3], epochs: 2 }))).records;
    assert.deepEqual(lossesOf({ ...whole, epochs }), lossesOf(whole));
  });

  it("survives a crash in the middle of a record's line", async () => {
    const out = join(folder, "torn");
    await freezeSweep(options({ out, n: [2] }));
    const path = join(out, "records.jsonl");
    const whole = readFileSync(path, "utf8");
    appendFileSync(path, whole.slice(0, 80));
    const { records } = await freezeSweep(options({ out, n: [2, 3] }));
    assert.deepEqual(
      records.map(({ n }) => n),
      [2, 3],
    );
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).n),
      [2, 3],
    );
  });

  it("killed between a trial's predictions and its record, runs that trial on, and no record points at what is not there", async () => {
    const out = join(folder, "killed");
    const child = join(__dirname, "../sweep/killedSweep.ts");
    const { signal } = spawnSync(process.execPath, ["--import", "tsx", child, out, engine]);
    assert.equal(signal, "SIGKILL");
    assert.ok(!existsSync(join(out, "records.jsonl")));
    const [orphan] = readdirSync(join(out, "predictions"));
    assert.match(orphan, /^freeze_n=2_seed=0-/);
    const { records } = await freezeSweep(tinyBert, killedData(), { ...killed, out });
    assert.deepEqual(
      records.map(({ n }) => n),
      [2, 3],
    );
    for (const record of readRecords(join(out, "records.jsonl")))
      assert.deepEqual(metrics(...outputsAndLabels(out, record)), record.epochs[1].metrics);
    // What the killed process had written stays, and is the same file where the same engine wrote it.
    assert.ok(readdirSync(join(out, "predictions")).includes(orphan));
  });

  it("refuses a folder whose records are of other settings, rows or weights, until it is told to begin anew", async () => {
    const out = join(folder, "changed");
    const ran = async (more: Partial<FreezeSweepOptions>) => {
      let count = 0;
      for await (const event of freezeSweep(options({ out, n: [3], epochs: 1, ...more })))
        if (event.type === "trial") count++;
      return count;
    };
    const refused = (more: Partial<FreezeSweepOptions>, difference: string) =>
      assert.rejects(
        ran(more),
        new RegExp(
          `^InputError: out: .*changed holds records of another sweep: ${difference}; name another folder, or set them aside by \`restart: true\`$`,
        ),
      );
    assert.equal(await ran({}), 1);
    assert.equal(await ran({}), 0);
    await refused({ warmup: 0 }, "warmup left out, here 0");
    await refused({ valid: threeClasses(toyRows(12, "others")) }, "other rows");
    // Cut or labelled otherwise by hand, rows carry the hash of those that they were copied from.
    const reversed = { ...train, inputIds: [...train.inputIds].reverse() };
    await refused({ train: threeClasses(reversed) }, "other rows");
    const ones = { ...train.labels!, ids: new Int32Array(32).fill(1) } as typeof train.labels;
    await refused({ train: threeClasses({ ...train, labels: ones }) }, "other rows");
    await refused({ model: tinyBertWith({ hidden_dropout_prob: 0.2 }) }, "another model");
    assert.equal(await ran({}), 0);
    assert.equal(await ran({ warmup: 0, restart: true }), 1);
    assert.equal(await ran({ warmup: 0 }), 0);
    assert.equal(readRecords(join(out, "records-1.jsonl")).length, 1);
  });

  it("runs recipes beside the depths, each as the same verbs give it by themselves", async () => {
    const strategies: Strategy[] = [
      { recipe: "layerwiseDecay", decay: 0.7 },
      "gradual",
      "bitFit",
      { recipe: "norms", learningRate: 1e-2 },
      { recipe: "lora", name: "LoRA of rank 2", rank: 2, alpha: 4 },
    ];
    const { records, failed, folder: out } = await freezeSweep(options({ n: [1], strategies, seeds: [3] }));
    assert.deepEqual(failed, []);
    assert.deepEqual(
      records.map(({ strategy, n }) => [strategy, n]),
      [
        ["freeze", 1],
        ...["layerwiseDecay", "gradual", "bitFit", "norms", "LoRA of rank 2"].map((name) => [name, -1]),
      ],
    );
    assert.deepEqual(readRecords(join(out, "records.jsonl")), JSON.parse(JSON.stringify(records)));
    const alone: [(model: SequenceClassifier) => unknown, FineTuneOptions][] = [
      [(model) => topNLayerFreeze(model, 1), {}],
      [() => {}, { layerwiseDecay: 0.7 }],
      [() => {}, { unfreeze: "gradual" }],
      [bitFit, {}],
      [trainNorms, { learningRate: 1e-2 }],
      [(model) => addLora(model, { rank: 2, alpha: 4, seed: 3 }), {}],
    ];
    for (const [i, [verb, settings]] of alone.entries()) {
      const model = await loadTiny(tinyBert, { classes: ["odd", "even", "neither"] });
      verb(model);
      const { epochs, trainableParameters } = await fineTune(
        model,
        { train: threeClasses(train), valid: threeClasses(valid) },
        { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 3, ...settings },
      );
      const losses = epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]);
      assert.ok(distance(lossesOf(records[i]), losses) < 1e-4, records[i].strategy);
      assert.equal(records[i].trainableParameters, trainableParameters, records[i].strategy);
      model.dispose();
    }
    // The N-curve keeps its recommendation, and every figure and the table have a place for each recipe.
    assert.equal(recommendN(records), 1);
    for (const { strategy } of records.slice(1))
      assert.match(formatSummary(summarize(records)), new RegExp(`^${strategy} `, "m"));
  });

  it("sweeps LoRA above N frozen blocks, whose outputs are computed once, as addLora on those blocks gives it", async () => {
    const kind = { rank: 2, useDora: true, targetModules: ["query", "dense"] };
    const strategies: Strategy[] = [
      { recipe: "lora", n: [0, 2], ...kind },
      { recipe: "lora", name: "rsLoRA in the middle", layersToTransform: [1], useRslora: true, rank: 2 },
    ];
    const { records, failed } = await freezeSweep(options({ n: [], strategies, seeds: [3] }));
    assert.deepEqual(failed, []);
    assert.deepEqual(
      records.map(({ strategy, n, recipe }) => [strategy, n, (recipe as { n?: number }).n]),
      [
        ["lora N=0", -1, 0],
        ["lora N=2", -1, 2],
        ["rsLoRA in the middle", -1, undefined],
      ],
    );
    const alone: LoraOptions[] = [
      { ...kind, layersToTransform: [0, 1, 2] },
      { ...kind, layersToTransform: [2] },
      { layersToTransform: [1], useRslora: true, rank: 2 },
    ];
    for (const [i, lora] of alone.entries()) {
      const model = await loadTiny(tinyBert, { classes: ["odd", "even", "neither"] });
      addLora(model, { ...lora, seed: 3 });
      const { epochs, trainableParameters } = await fineTune(
        model,
        { train: threeClasses(train), valid: threeClasses(valid) },
        // Nothing is cached where dropout may fire in what is frozen.
        { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 3, frozenDropout: true },
      );
      const losses = epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]);
      assert.ok(distance(lossesOf(records[i]), losses) < 1e-4, records[i].strategy);
      assert.equal(records[i].trainableParameters, trainableParameters, records[i].strategy);
      model.dispose();
    }
    const rejects = (lora: object, message: RegExp) =>
      assert.rejects(
        async () => freezeSweep(options({ n: [], strategies: [{ recipe: "lora", ...lora }] as Strategy[] })),
        message,
      );
    await rejects({ n: 3 }, /lora: n: expected fewer blocks than the 3 there are, .* got 3$/);
    await rejects({ n: 1, layersToTransform: [2] }, /lora: expected n or layersToTransform, got both/);
    await rejects({ targetModules: ["q"] }, /lora: targetModules: expected names of dense layers/);
  });

  it("goes on with the recipes that are missing, and runs one again whose settings changed", async () => {
    const out = join(folder, "recipes");
    const ran = async (strategies: Strategy[]) => {
      const names: string[] = [];
      for await (const event of freezeSweep(options({ out, n: [], strategies, epochs: 2 })))
        if (event.type === "trial") names.push(event.trial.trial);
      return names;
    };
    assert.deepEqual(await ran(["bitFit"]), ["bitFit seed=0"]);
    assert.deepEqual(await ran(["bitFit", "lora"]), ["lora seed=0"]);
    assert.deepEqual(await ran(["bitFit", { recipe: "lora", rank: 2 }]), ["lora seed=0"]);
    assert.deepEqual(await ran([{ recipe: "lora", rank: 2 }, "bitFit"]), []);
    const kept = latestSweep(readRecords(join(out, "records.jsonl")));
    assert.deepEqual(
      kept.map(({ trial, recipe }) => [trial, recipe]),
      [
        ["bitFit seed=0", { recipe: "bitFit", name: "bitFit" }],
        ["lora seed=0", { recipe: "lora", rank: 2, name: "lora" }],
      ],
    );
  });

  /** Options of a sweep of several rates. */
  const rated = (more: Partial<FreezeSweepOptions>): FreezeSweepOptions => {
    const { learningRate, ...rest } = options({ epochs: 1, n: [2], learningRates: [1e-3, 3e-3], ...more });
    return more.learningRate === undefined ? rest : { ...rest, learningRate };
  };
  const ratesRun = async (given: FreezeSweepOptions) => {
    const run: string[] = [];
    const sweep = freezeSweep(given);
    for await (const event of sweep) if (event.type === "trial") run.push(event.trial.trial);
    return { run, ...(await sweep) };
  };

  it("tries every depth and recipe at every rate, each trial as a sweep of that rate alone gives it", async () => {
    const own = { recipe: "norms", learningRate: 2e-2 } as const;
    const strategies: Strategy[] = ["bitFit", own];
    const { records } = await freezeSweep(rated({ n: [3, -1], seeds: [0, 1], strategies }));
    assert.deepEqual(
      records.map(({ trial }) => trial),
      [
        ...["none", "deep"].flatMap((n) =>
          ["1e-3", "3e-3"].flatMap((rate) =>
            [0, 1].map((seed) => `freeze n=${n === "none" ? -1 : 3} lr=${rate} seed=${seed}`),
          ),
        ),
        ...["1e-3", "3e-3"].flatMap((rate) => [0, 1].map((seed) => `bitFit lr=${rate} seed=${seed}`)),
        // A recipe with a rate of its own keeps to it.
        ...[0, 1].map((seed) => `norms seed=${seed}`),
      ],
    );
    for (const { recipe, learningRate, settings, about } of records) {
      const isOwn = recipe?.recipe === "norms";
      assert.equal(about!.options!.learningRate, isOwn ? 2e-2 : learningRate);
      assert.deepEqual(settings, { epochs: 1, batchSize: 8, ...(!isOwn && { learningRate }) });
    }
    const alone = await freezeSweep(
      options({ epochs: 1, n: [-1, 3], seeds: [0, 1], strategies, learningRate: 1e-3 }),
    );
    const same = records.filter(({ learningRate }) => learningRate !== 3e-3);
    assert.deepEqual(same.map(lossesOf), alone.records.map(lossesOf));
    assert.ok(alone.records.every(({ learningRate }) => learningRate === undefined));
    const rows = summarize(records);
    assert.deepEqual(
      rows.map(({ strategy, n, rates }) => [strategy, n, rates.length]),
      [
        ["freeze", -1, 2],
        ["freeze", 3, 2],
        ["bitFit", -1, 2],
        ["norms", -1, 1],
      ],
    );
  });

  it("takes a range of rates that rises with the depth, as many for each", async () => {
    const { records } = await freezeSweep(
      rated({ learningRates: "auto", n: [-1, 0, 1, 2, 3], strategies: ["lora", "layerwiseDecay"] }),
    );
    const rates = groupBy(records, ({ strategy, n }) => `${strategy} ${n}`);
    assert.deepEqual(
      [...rates].map(([name, trials]) => [name, ...trials.map(({ learningRate }) => learningRate)]),
      [
        ["freeze -1", 5e-5, 2e-4, 5e-4],
        ["freeze 0", 5e-5, 2e-4, 5e-4],
        ["freeze 1", 5e-5, 2e-4, 5e-4],
        ["freeze 2", 5e-4, 1e-3, 3e-3],
        ["freeze 3", 3e-3, 1e-2, 3e-2],
        ["lora -1", 1e-3, 3e-3, 1e-2],
        ["layerwiseDecay -1", 5e-5, 2e-4, 5e-4],
      ],
    );
    recommendN(records);
  });

  it("goes on with the rates that are missing, inside the one that was cut off too", async () => {
    const out = join(folder, "rates-cut");
    const whole = await freezeSweep(rated({ epochs: 3, n: [2, 3] }));
    const abort = new AbortController();
    const first = freezeSweep(rated({ out, epochs: 3, n: [2, 3], signal: abort.signal }));
    for await (const event of first)
      if (event.type === "progress" && event.trial.learningRate === 3e-3 && event.event.type === "step")
        if (event.event.step === 5) abort.abort();
    assert.equal((await first).records.length, 1);
    assert.deepEqual(readdirSync(out).sort(), [
      "predictions",
      "records.jsonl",
      "unfinished-freeze_n=2_lr=3e-3_seed=0",
    ]);
    const second = freezeSweep(rated({ out, epochs: 3, n: [2, 3] }));
    const resumed: [string, number][] = [];
    for await (const event of second)
      if (event.type === "progress" && event.event.type === "resumed")
        resumed.push([event.trial.trial, event.event.step]);
    assert.deepEqual(resumed, [["freeze n=2 lr=3e-3 seed=0", 5]]);
    const { records } = await second;
    assert.deepEqual(records.map(lossesOf), whole.records.map(lossesOf));
    assert.deepEqual(readdirSync(out).sort(), ["predictions", "records.jsonl"]);
  });

  it("adds rates to the folder of a sweep as it adds depths, that of a single rate included", async () => {
    const out = join(folder, "rates-added");
    const one = await ratesRun(rated({ out, learningRates: undefined, learningRate: 1e-3 }));
    assert.deepEqual(one.run, ["freeze n=2 seed=0"]);
    const more = await ratesRun(rated({ out }));
    assert.deepEqual(more.run, ["freeze n=2 lr=3e-3 seed=0"]);
    assert.deepEqual(more.records[0], JSON.parse(JSON.stringify(one.records[0])));
    // Other rates join, which are another list than that before.
    assert.deepEqual((await ratesRun(rated({ out, learningRates: [3e-3, 1e-2] }))).run, [
      "freeze n=2 lr=1e-2 seed=0",
    ]);
    // A single rate that is there needs nothing, and another depth at it is told from those at other rates.
    for (const n of [2, 3]) {
      const single = await ratesRun(rated({ out, n: [n], learningRates: undefined, learningRate: 1e-2 }));
      assert.deepEqual(single.run, n === 2 ? [] : ["freeze n=3 lr=1e-2 seed=0"]);
      assert.equal(single.records.length, 1);
    }
    const kept = readRecords(join(out, "records.jsonl"));
    assert.deepEqual(latestSweep(kept), kept);
    assert.deepEqual(
      summarize(kept).map(({ n, rates }) => [n, ...rates.map(({ learningRate }) => learningRate)]),
      [
        [2, 1e-3, 3e-3, 1e-2],
        [3, 1e-2],
      ],
    );
  });

  it("joins a single rate to others as well, by a name that tells it from theirs, and says so", async () => {
    const single = (out: string, learningRate?: number) => {
      const lines: string[] = [];
      const log = (line: string) => lines.push(line);
      const { learningRates, ...given } = rated({ out, log });
      return { lines, run: ratesRun({ ...given, ...(learningRate !== undefined && { learningRate }) }) };
    };
    const joined = (lines: string[]) => lines.filter((line) => line.includes("join"));
    // After a list, and after another single rate, whose records name none.
    const list = join(folder, "joins-a-list");
    await ratesRun(rated({ out: list }));
    const alone = join(folder, "joins-one");
    const first = single(alone, 1e-3);
    assert.deepEqual((await first.run).run, ["freeze n=2 seed=0"]);
    assert.deepEqual(joined(first.lines), []);
    for (const [out, known] of [
      [list, "1e-3, 3e-3"],
      [alone, "1e-3"],
    ]) {
      const { lines, run } = single(out, 2e-3);
      const { run: ran, records } = await run;
      assert.deepEqual(ran, ["freeze n=2 lr=2e-3 seed=0"]);
      assert.deepEqual(joined(lines), [`${out}: trials at rate 2e-3 join those at ${known}`]);
      assert.deepEqual(
        records.map(({ learningRate }) => learningRate),
        [2e-3],
      );
      // What is there is found again, whatever its name.
      for (const rate of [2e-3, 1e-3]) {
        const again = single(out, rate);
        assert.deepEqual((await again.run).run, []);
        assert.deepEqual(joined(again.lines), []);
      }
      // The default rate is a rate like any other.
      assert.deepEqual((await single(out).run).run, ["freeze n=2 lr=5e-5 seed=0"]);
      const kept = readRecords(join(out, "records.jsonl"));
      assert.deepEqual(latestSweep(kept), kept);
      assert.deepEqual(
        summarize(kept)[0].rates.map(({ learningRate }) => learningRate),
        out === list ? [5e-5, 1e-3, 2e-3, 3e-3] : [5e-5, 1e-3, 2e-3],
      );
    }
  });

  it("refuses other options, whatever the rates", async () => {
    const out = join(folder, "rates-refused");
    await ratesRun(rated({ out }));
    const refused = (more: Partial<FreezeSweepOptions>, difference: string) =>
      assert.rejects(async () => freezeSweep(rated({ out, ...more })), {
        name: "InputError",
        message: new RegExp(`holds records of another sweep: ${difference}; name another folder`),
      });
    await refused({ learningRates: undefined, learningRate: 2e-3, epochs: 2 }, "epochs 1, here 2");
    await refused({ epochs: 2 }, "epochs 1, here 2");
    await refused({ learningRates: "auto", warmup: 0 }, "warmup left out, here 0");
    assert.equal(readRecords(join(out, "records.jsonl")).length, 2);
  });

  it("takes adapters off a model that was handed over, and leaks none", async () => {
    const model = await loadTiny(tinyBert);
    const before = model
      .namedParameters()
      .map(([name, parameter]) => [name, parameter.value.dataSync().slice()]);
    const tensors = tf.memory().numTensors;
    const strategies: Strategy[] = ["lora", "gradual"];
    await freezeSweep(options({ model, train, valid, n: [2], strategies, seeds: [0, 1] }));
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(
      model.namedParameters().map(([name, parameter]) => [name, parameter.value.dataSync()]),
      before,
    );
    for await (const event of freezeSweep(options({ model, train, valid, n: [], strategies: ["lora"] })))
      if (event.type === "progress" && event.event.type === "step") break;
    assert.equal(tf.memory().numTensors, tensors);
    assert.ok(model.namedParameters().every(([, { requiresGrad }]) => requiresGrad));
    model.dispose();
  });

  it("reports a trial that fails and goes on with the others", async () => {
    const model = await loadTiny(tinyBert);
    const run = freezeSweep(options({ model, train, valid, n: [0, 3] }));
    for await (const event of run)
      if (event.type === "progress" && event.trial.n === 0 && event.event.type === "step")
        model.parameter("classifier.bias").assign(tf.tensor1d([Number.NaN, 0]));
    const { records, failed } = await run;
    assert.deepEqual(
      records.map(({ n }) => n),
      [3],
    );
    assert.equal(failed.length, 1);
    assert.equal(failed[0].trial.n, 0);
    assert.match(failed[0].error.message, /expected a finite loss/);
    model.dispose();
  });

  it("refuses a recipe that does not suit the model before any trial, and leaves the model as it was", async () => {
    const modernbert = await loadTiny(join(__dirname, "../fixtures/models/modernbert"));
    const tensors = tf.memory().numTensors;
    freezeWhere(modernbert, "layers.0.");
    const flags = () => modernbert.namedParameters().map(([, { requiresGrad }]) => requiresGrad);
    const before = flags();
    for (const [strategies, message] of [
      [
        ["norms", "lora"],
        /^strategies\[1\]: lora: LoRA goes on query and value layers .* modernbert has not/,
      ],
      [
        ["bitFit"],
        /^strategies\[0\]: bitFit: expected biases below the head, got a modernbert that has none/,
      ],
    ] as [Strategy[], RegExp][]) {
      const given = options({ model: modernbert, train, valid, strategies });
      await assert.rejects(async () => freezeSweep(given), { name: "InputError", message });
      assert.ok(!existsSync(given.out!));
    }
    assert.deepEqual(flags(), before);
    assert.equal(tf.memory().numTensors, tensors);
    modernbert.dispose();
    const adapted = await loadTiny(tinyBert);
    addLora(adapted);
    const given = options({ model: adapted, train, valid, strategies: ["lora"] });
    await assert.rejects(async () => freezeSweep(given), {
      message: /: lora: the model has adapters already/,
    });
    assert.equal(adapted.adapters().length, 6);
    adapted.dispose();
  });

  it("takes model, rows and options as fineTune does, which comes to the same as all in one object", async () => {
    const { model, train, valid, ...rest } = options({ n: [3], epochs: 1 });
    const { records } = await freezeSweep(model, { train, valid }, rest);
    const { records: same } = await freezeSweep(options({ n: [3], epochs: 1 }));
    assert.deepEqual(records.map(lossesOf), same.map(lossesOf));
    assert.deepEqual(records[0].settings, same[0].settings);
  });

  it("writes settings down as they were asked for, precision by the kit's word, and refuses others before a file is made", async () => {
    const out = join(folder, "settings");
    const given = options({ n: [3], epochs: 1, precision: "float32", warmup: undefined, out });
    const { records } = await freezeSweep(given);
    assert.deepEqual(records[0].settings, { epochs: 1, batchSize: 8, learningRate: 3e-3, precision: "fp32" });
    for (const unknown of ["epoch", "lr", "seed", "features", "constructor"]) {
      const other = join(folder, `never-${unknown}`);
      assert.throws(
        () => freezeSweep({ ...options({ out: other }), [unknown]: undefined } as FreezeSweepOptions),
        new RegExp(`^InputError: freezeSweep: unknown option ${unknown}; `),
      );
      assert.ok(!existsSync(other));
    }
  });

  it("refuses weights that leave a step of some seed without any, before the first trial", async () => {
    const out = join(folder, "weightless");
    const weightless = freezeSweep(options({ out, classWeights: [0, 1, 1], batchSize: 2, seeds: [0, 1] }));
    await assert.rejects(async () => weightless, {
      name: "InputError",
      message: /^classWeights: expected rows of weight above 0/,
    });
    assert.ok(!existsSync(out));
  });

  it("says in one line what it cannot take, before any training", async () => {
    const rejects = (more: Partial<FreezeSweepOptions>, message: RegExp) =>
      assert.rejects(async () => freezeSweep(options(more)), { name: "InputError", message });
    await rejects({ n: [4] }, /^n: expected an integer from -1 to 3, got 4/);
    await rejects({ n: [] }, /^n: expected at least one depth from -1 to 3/);
    await rejects({ seeds: [] }, /^seeds: expected at least one/);
    await rejects({ seeds: [0.5] }, /^seeds\[0\]: expected an integer/);
    await rejects({ epochs: 0 }, /^epochs/);
    const rates = (learningRates: unknown) => ({ learningRate: undefined, learningRates }) as never;
    await rejects(rates([]), /^learningRates: expected at least one, got none$/);
    await rejects(rates([1e-3, 5e-5, 1e-3]), /^learningRates: expected each once, got 0\.001 twice$/);
    await rejects(rates([1e-3, -1e-3]), /^learningRates\[1\]: expected a number above 0, got -0\.001$/);
    await rejects(rates([1e-3, "1e-4"]), /^learningRates\[1\]: expected a number above 0, got "1e-4"$/);
    await rejects(
      rates("all"),
      /^learningRates: expected "auto", or a list of different values, each a number above 0, got "all"$/,
    );
    await rejects(
      { learningRates: [1e-3], learningRate: 1e-3 },
      /^learningRates: expected these or a single learningRate, got both$/,
    );
    await rejects({ parameterGroups: [{ match: /bias/, weightDecay: 0 }] }, /^parameterGroups: .* as JSON/);
    const lora = { recipe: "lora" } as const;
    await rejects({ strategies: [lora, lora] }, /^strategies: .* a name of its own for each, got lora twice/);
    await rejects(
      { strategies: ["adapters" as "lora"] },
      /^strategies\[0\].recipe: expected one of layerwiseDecay/,
    );
    await rejects(
      { strategies: [{ ...lora, rank: 0 }] },
      /^strategies\[0\].rank: expected an integer of at least 1/,
    );
    await rejects(
      { strategies: [{ recipe: "bitFit", rank: 2 } as Strategy] },
      /^freezeSweep: unknown option strategies\[0\].rank; it knows recipe, name, learningRate$/,
    );
    await rejects({ strategies: ["gradual"], epochs: 1 }, /^unfreeze: "gradual" needs 2 epochs/);
    await rejects({ train: { ...train, labels: null } }, /^train: expected rows with labels/);
    writeFileSync(join(folder, "file"), "");
    await assert.rejects(async () => freezeSweep(options({ out: join(folder, "file") })));
  });
});

function outputsAndLabels(out: string, record: TrialRecord) {
  const { outputs, labels } = readPredictions(out, record);
  return [outputs, labels] as const;
}

/** The same rows for a head of three labels, as the tiny BERT's own. */
function threeClasses(dataset: typeof train): typeof train {
  const { ids } = dataset.labels as { ids: Int32Array };
  return {
    ...dataset,
    labels: { problemType: "single_label_classification", classes: ["odd", "even", "neither"], ids },
  };
}
