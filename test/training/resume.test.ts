import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs, { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, before, beforeEach, describe, it, mock } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import type { EncodedImages } from "../../src/data/EncodedImages";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { addLora } from "../../src/recipes/addLora";
import type { FineTuneData, FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { openRuns } from "../../src/training/openRuns";
import type { RunIdentity } from "../../src/training/runIdentity";
import { imagesOf, transformTo } from "../data/images";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { systemError } from "../ownCache";
import { changeState } from "./changeState";
import { killed } from "./resumeChild";
import { loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

const train = toyRows(48);
const valid = toyRows(24, "valid");
const withDropout = tinyWithDropout();
const resnet = join(__dirname, "../fixtures/models/resnet18-narrow");
const log = () => {};

let views: Promise<EncodedImages> | undefined;
const augmentedImages = () => {
  views ??= imagesOf("toy", { blue: [60, 60, 180], red: [180, 60, 60] }, { count: 6 }).then(async (path) =>
    encodeImages(await imageFolder(path, { log }), transformTo(64), { augment: { scale: [0.3, 1] } }),
  );
  return views;
};

/** Weights and running statistics by name, as bits. */
async function bitsOf(model: Classifier): Promise<Record<string, Uint32Array>> {
  const bits: Record<string, Uint32Array> = {};
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
    bits[name] = new Uint32Array((await parameter.data()).slice().buffer);
  return bits;
}

/** A result without the times that were measured. */
const plain = ({ epochs, epoch, stopped, trainableParameters }: Awaited<ReturnType<typeof fineTune>>) => ({
  epochs: epochs.map(({ trainSeconds, evalSeconds, ...rest }) => rest),
  epoch,
  stopped,
  trainableParameters,
});

/** Names of the states in a folder; a lock lies there as well while a run is under way. */
const statesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name !== ".frostkit-lock")
    .sort();

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-resume-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Case {
  load: () => Promise<Classifier>;
  data?: () => Promise<FineTuneData>;
  options?: FineTuneOptions;
  /** Steps after which the run is stopped, one after the other. */
  stops: number[];
}

/** Trains without a break, and again with a new model after each stop: both come to the same. */
async function compare({ load, data = async () => ({ train, valid }), options, stops }: Case): Promise<void> {
  const all: FineTuneOptions = {
    epochs: 3,
    batchSize: 8,
    learningRate: 3e-3,
    seed: 5,
    log: () => {},
    ...options,
  };
  const rows = await data();
  const whole = await load();
  const expected = plain(await fineTune(whole, rows, all));
  const bits = await bitsOf(whole);
  whole.dispose();

  const before = tf.memory().numTensors;
  for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
    const model = await load();
    const abort = new AbortController();
    const run = fineTune(model, rows, { ...all, resume: folder, signal: abort.signal });
    let step = 0;
    for await (const event of run) {
      if (event.type === "step") step = event.step;
      if (event.type === "step" && step === stop) abort.abort();
    }
    const result = await run;
    if (Number.isFinite(stop)) {
      assert.equal(result.stopped, "aborted");
      assert.equal(result.savedStep, stop);
    } else {
      assert.deepEqual(plain(result), expected);
      assert.deepEqual(await bitsOf(model), bits);
    }
    model.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
}

onEveryFastEngine("fineTune with resume", (engine) => {
  it("comes to the same bit for bit, with dropout, wherever it is stopped", () =>
    compare({ load: () => loadTiny(withDropout), stops: [1, 5, 6, 7, 12, 17] }));

  it("does so above cached features of frozen blocks, with accumulation, rates by layer and group, and class weights", () =>
    compare({
      load: async () => {
        const model = await loadTiny(withDropout);
        topNLayerFreeze(model, 1);
        return model;
      },
      options: {
        batchSize: 4,
        gradientAccumulation: 3,
        layerwiseDecay: 0.8,
        parameterGroups: [{ match: /classifier/, learningRate: 1e-2, weightDecay: 0 }],
        classWeights: "balanced",
        schedule: "cosine",
      },
      stops: [2, 7],
    }));

  it("does so with averages of the weights, of which the best is restored", () =>
    compare({
      load: () => loadTiny(withDropout),
      options: { average: { name: "ema", decay: 0.9 }, restoreBest: true },
      stops: [1, 6, 13],
    }));

  it("does so with averages of a ResNet's weights, and statistics made for them", async () =>
    compare({
      load: () =>
        AutoModelForImageClassification.fromPretrained(resnet, { classes: ["blue", "red"], log: () => {} }),
      data: async () => ({ train: await augmentedImages(), valid: await augmentedImages() }),
      options: { batchSize: 4, average: { name: "swa", fromEpoch: 1, everySteps: 2 } },
      stops: [2, 6, 7],
    }));

  it("does so where blocks thaw from epoch to epoch", () =>
    compare({
      load: () => loadTiny(withDropout),
      options: { epochs: 4, unfreeze: "gradual" },
      stops: [3, 6, 9, 20],
    }));

  it("does so where an earlier epoch was the best, and stops as early", () =>
    compare({
      load: () => loadTiny(withDropout),
      options: { epochs: 8, learningRate: 3e-2, earlyStopping: 2, metric: "loss" },
      stops: [7, 13],
    }));

  it("does so with adapters and their dropout", () =>
    compare({
      load: async () => {
        const model = await loadTiny(withDropout);
        addLora(model, { rank: 4, dropout: 0.2, seed: 3 });
        return model;
      },
      stops: [4, 11],
    }));

  for (const precision of ["bf16", "fp16"] as const)
    it(`does so in ${precision}`, { skip: withoutHalf(engine) }, () =>
      compare({
        load: async () => {
          const model = await loadTiny(withDropout);
          topNLayerFreeze(model, 0);
          return model;
        },
        options: { precision },
        stops: [1, 8],
      }),
    );

  it("does so with images that are drawn anew, and running statistics", () =>
    compare({
      load: () => AutoModelForImageClassification.fromPretrained(resnet, { classes: ["blue", "red"], log }),
      data: async () => {
        const rows = await augmentedImages();
        return { train: rows, valid: rows };
      },
      options: { batchSize: 4, learningRate: 3e-3 },
      stops: [2, 4],
    }));

  it("goes on with the flags that were set while an epoch was looked at", async () => {
    const options = { epochs: 3, batchSize: 8, learningRate: 3e-3, log };
    const weights = async (stops: number[]) => {
      for (const stop of [...stops, 0]) {
        const model = await loadTiny(withDropout);
        const abort = new AbortController();
        const run = fineTune(model, { train, valid }, { ...options, resume: folder, signal: abort.signal });
        for await (const event of run) {
          if (event.type === "epoch") topNLayerFreeze(model, event.epoch);
          if (event.type === "step" && event.step === stop) abort.abort();
        }
        const { stopped } = await run;
        if (stopped === "finished") return bitsOf(model);
      }
      return assert.fail("did not finish");
    };
    const expected = await weights([]);
    rmSync(folder, { recursive: true });
    assert.deepEqual(await weights([6, 9, 14]), expected);
  });

  it("goes on in the model that a stopped run has left, whichever weights those are", async () => {
    const options = { epochs: 4, batchSize: 8, learningRate: 3e-2, seed: 5, restoreBest: true, log };
    const whole = await loadTiny(withDropout);
    const expected = plain(await fineTune(whole, { train, valid }, options));
    const model = await loadTiny(withDropout);
    for (const stop of [8, 15, 0]) {
      const abort = new AbortController();
      const run = fineTune(model, { train, valid }, { ...options, resume: folder, signal: abort.signal });
      for await (const event of run) if (event.type === "step" && event.step === stop) abort.abort();
      if (stop === 0) assert.deepEqual(plain(await run), expected);
    }
    assert.deepEqual(await bitsOf(model), await bitsOf(whole));
  });

  it("goes on where the loop over its events was left", async () => {
    const options = { epochs: 2, batchSize: 8, learningRate: 3e-3, log };
    const whole = await loadTiny(withDropout);
    const expected = plain(await fineTune(whole, { train, valid }, options));
    for (const left of ["evaluate", "epoch"] as const) {
      const model = await loadTiny(withDropout);
      for await (const event of fineTune(model, { train, valid }, { ...options, resume: folder }))
        if (event.type === left) break;
    }
    const model = await loadTiny(withDropout);
    const run = fineTune(model, { train, valid }, { ...options, resume: folder });
    const types = new Set<string>();
    for await (const { type } of run) types.add(type);
    assert.ok(types.has("resumed"));
    assert.deepEqual(plain(await run), expected);
    assert.deepEqual(await bitsOf(model), await bitsOf(whole));
  });

  it("gives weights and result of a run that has ended, without a step", async () => {
    const options = { epochs: 2, batchSize: 8, learningRate: 3e-3, restoreBest: true, log };
    const first = await loadTiny();
    const result = await fineTune(first, { train, valid }, { ...options, resume: folder });
    assert.deepEqual(readdirSync(folder).length, 1);
    const told: string[] = [];
    const model = await loadTiny();
    const run = fineTune(
      model,
      { train, valid },
      { ...options, resume: folder, log: (line) => told.push(line) },
    );
    const types: string[] = [];
    for await (const { type } of run) types.push(type);
    assert.deepEqual(types, ["resumed"]);
    assert.deepEqual(await run, result);
    assert.deepEqual(await bitsOf(model), await bitsOf(first));
    assert.deepEqual(told, [
      `${folder}: the run has ended already, after 2 epochs; its weights and result come from there`,
    ]);
  });
});

describe("A state that does not fit", () => {
  before(() => useEngine("auto"));
  const options = { epochs: 2, batchSize: 8, learningRate: 3e-3 };

  /** A run that is stopped after its third step. */
  async function stopped(more: FineTuneOptions = {}): Promise<void> {
    const model = await loadTiny();
    const run = fineTune(model, { train, valid }, { ...options, log, resume: folder, ...more });
    for await (const event of run) if (event.type === "step" && event.step === 3) break;
    model.dispose();
  }

  const others: [
    string,
    RegExp,
    { options?: FineTuneOptions; data?: FineTuneData; model?: () => Promise<Classifier> },
  ][] = [
    [
      "other settings",
      /learningRate 0\.003, here 0\.001, seed 0, here 4; `restart: true` begins anew/,
      { options: { learningRate: 1e-3, seed: 4 } },
    ],
    [
      "other rates",
      /: parameterGroups that give other rates;/,
      { options: { parameterGroups: [{ match: "classifier", learningRate: 1 }] } },
    ],
    ["other rows to train on", /: other rows to train on;/, { data: { train: toyRows(40), valid } }],
    ["no rows to validate on", /: other rows to validate on;/, { data: { train } }],
    [
      "a config that computes otherwise",
      /: another model: its config, classes or adapters differ;/,
      { model: () => loadTiny(withDropout) },
    ],
    [
      "a head of another seed",
      /expected a model as that run began with, or as it left it, got other values in classifier\.weight;/,
      { model: () => loadTiny(tinyBert, { seed: 1 }) },
    ],
    [
      "other flags",
      /57 parameters learnt there when it began, here 4 others do;/,
      {
        model: async () => {
          const model = await loadTiny();
          topNLayerFreeze(model, 3);
          return model;
        },
      },
    ],
  ];
  for (const [what, message, { options: more, data, model }] of others)
    it(`is refused before the first step: ${what}`, async () => {
      await stopped();
      const other = await (model ?? loadTiny)();
      const run = fineTune(other, data ?? { train, valid }, { ...options, log, resume: folder, ...more });
      await assert.rejects(async () => {
        for await (const event of run) assert.notEqual(event.type, "step");
      }, message);
    });

  for (const [what, change, message] of [
    [
      "another engine",
      { engine: { name: "abacus", versions: { beads: "7" }, hash: "" } },
      /: engine abacus, here /,
    ],
    ["another function's", { work: "adaptToTexts" }, /: a run of adaptToTexts, here of fineTune;/],
  ] as const)
    it(`is refused before the first step: ${what}`, async () => {
      await stopped();
      await changeState(folder, change);
      const run = fineTune(await loadTiny(), { train, valid }, { ...options, log, resume: folder });
      await assert.rejects(async () => run, message);
    });

  for (const [what, change, message] of [
    [
      "of the same engine on another machine",
      ({ engine }) => ({ engine: { ...engine, hash: "another" } }),
      /: goes on on another device, with other threads or settings, so the last bits /,
    ],
    [
      "of another version of the kit",
      () => ({ kit: "an older one" }),
      /: goes on, though what is there was computed by another version of the kit's code, so the last bits /,
    ],
    [
      "of another version of the engine",
      ({ engine }) => ({ engine: { ...engine, versions: { ...engine.versions, tfjs: "0.1" } } }),
      /: goes on, though what is there was computed by engine \w+ tfjs 0\.1\b.*, here .*, so the last bits /,
    ],
  ] satisfies [string, (identity: RunIdentity) => Partial<RunIdentity>, RegExp][])
    it(`${what} is gone on with, and the log says what that means`, async () => {
      await stopped();
      await changeState(folder, change);
      const told: string[] = [];
      const more = { ...options, resume: folder, log: (line: string) => told.push(line) };
      const { stopped: why } = await fineTune(await loadTiny(), { train, valid }, more);
      assert.equal(why, "finished");
      assert.equal(told.length, 2);
      assert.match(told[0], message);
      assert.match(told[1], /: goes on after step 3 of 12$/);
    });

  it("from before an option was added, or its function named, was trained as the option's default says", async () => {
    await stopped();
    await changeState(folder, ({ settings: { labelSmoothing, frozenDropout, ...settings } }) => {
      assert.deepEqual([labelSmoothing, frozenDropout], [0, false]);
      return { settings, work: undefined };
    });
    const more = { ...options, log, resume: folder };
    await assert.rejects(
      async () => fineTune(await loadTiny(), { train, valid }, { ...more, labelSmoothing: 0.1 }),
      /: labelSmoothing 0, here 0\.1;/,
    );
    assert.equal((await fineTune(await loadTiny(), { train, valid }, more)).stopped, "finished");
  });

  it("gives way to a run that is told to begin anew", async () => {
    await stopped();
    const [anew, plainly] = [await loadTiny(), await loadTiny()];
    const more = { ...options, learningRate: 1e-3, log };
    const result = await fineTune(anew, { train, valid }, { ...more, resume: folder, restart: true });
    assert.deepEqual(plain(result), plain(await fineTune(plainly, { train, valid }, more)));
    assert.deepEqual(await bitsOf(anew), await bitsOf(plainly));
  });

  it("is passed over for the one before it where its bytes are not as they were written", async () => {
    await stopped({ saveEvery: 1 });
    const states = readdirSync(folder).sort();
    assert.deepEqual(states, ["state-2", "state-3"]);
    const path = join(folder, "state-3", "state.safetensors");
    const bytes = readFileSync(path);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(path, bytes);
    const told: string[] = [];
    const model = await loadTiny();
    const run = fineTune(
      model,
      { train, valid },
      { ...options, resume: folder, log: (line) => told.push(line) },
    );
    for await (const event of run) if (event.type === "resumed") assert.equal(event.step, 2);
    assert.equal(told.length, 2);
    assert.match(
      told[0],
      /state\.safetensors: tensor ".*" is not as it was written: the file is damaged; the state before it is taken$/,
    );
    const whole = await loadTiny();
    assert.deepEqual(plain(await run), plain(await fineTune(whole, { train, valid }, { ...options, log })));
  });

  it("is an error that names the file where no other is left", async () => {
    await stopped({ saveEvery: 100 });
    const state = join(folder, readdirSync(folder)[0], "state.json");
    writeFileSync(state, readFileSync(state, "utf8").slice(0, 100));
    const model = await loadTiny();
    await assert.rejects(
      async () => fineTune(model, { train, valid }, { ...options, log, resume: folder }),
      /state\.json: expected a training's state as JSON, got /,
    );
  });
});

describe("What is written meanwhile", () => {
  before(() => useEngine("auto"));
  const options = { epochs: 2, batchSize: 8, learningRate: 3e-3 };

  it("are two states at most, every so many steps and at each epoch's end", async () => {
    const model = await loadTiny();
    const seen: string[] = [];
    for await (const event of fineTune(
      model,
      { train, valid },
      { ...options, log, resume: folder, saveEvery: 4 },
    ))
      if (event.type === "step") seen.push(statesIn(folder).join(" "));
    const two = (n: number) => `state-${n} state-${n + 1}`;
    assert.deepEqual(seen, [
      "",
      "",
      "",
      "",
      "state-1",
      "state-1",
      two(1),
      two(1),
      two(1),
      two(1),
      two(2),
      two(2),
    ]);
    assert.deepEqual(readdirSync(folder), ["state-4"]);
  });

  it("costs a warning, once, where the disk is full: the last good state stays, and the training goes on", async () => {
    const model = await loadTiny();
    const told: string[] = [];
    const more = { ...options, resume: folder, saveEvery: 1, log: (line: string) => told.push(line) };
    for await (const event of fineTune(model, { train, valid }, more))
      if (event.type === "step" && event.step === 3)
        mock.method(fs, "writeSync", () => {
          throw systemError("ENOSPC");
        });
      else if (event.type === "step" && event.step === 9) break;
    mock.restoreAll();
    assert.equal(told.length, 1);
    assert.match(told[0], /\(ENOSPC.*; the training goes on, and the state after step 2 stays$/);
    assert.deepEqual(readdirSync(folder), ["state-2"]);
    for await (const event of fineTune(await loadTiny(), { train, valid }, { ...more, log }))
      if (event.type === "resumed") assert.equal(event.step, 2);
  });

  it("costs a warning, once, where the folder is gone, and the training goes on", async () => {
    const model = await loadTiny();
    const inside = join(folder, "kept");
    const told: string[] = [];
    const more = { ...options, resume: inside, saveEvery: 2, log: (line: string) => told.push(line) };
    for await (const event of fineTune(model, { train, valid }, more))
      if (event.type === "step" && event.step === 3) {
        renameSync(inside, join(folder, "away"));
        writeFileSync(inside, "");
      }
    assert.equal(told.length, 1);
    assert.match(
      told[0],
      /kept: the lock of this run is gone; nothing more is written there; the training goes on, and the state after step 2 stays$/,
    );
  });

  it("is refused before the first step where it could never be", async () => {
    const model = await loadTiny();
    writeFileSync(join(folder, "file"), "");
    assert.throws(
      () => fineTune(model, { train, valid }, { ...options, resume: join(folder, "file") }),
      /cannot be written/,
    );
  });

  it("is there when the stop button was pressed", async () => {
    const model = await loadTiny();
    const run = fineTune(model, { train, valid }, { ...options, log, resume: folder });
    for await (const event of run)
      if (event.type === "step" && event.step === 4) for (const open of openRuns().runs) open.stop();
    const { stopped, savedStep } = await run;
    assert.deepEqual([stopped, savedStep], ["aborted", 4]);
    const again = fineTune(model, { train, valid }, { ...options, log, resume: folder });
    for await (const event of again) if (event.type === "resumed") assert.equal(event.step, 4);
  });

  it("is there when time is up, and the same call goes on", async () => {
    const whole = await loadTiny();
    const expected = plain(await fineTune(whole, { train, valid }, { ...options, log }));
    const model = await loadTiny();
    const run = fineTune(model, { train, valid }, { ...options, log, resume: folder, maxMinutes: 0.5 / 60 });
    for await (const event of run) if (event.type === "step" && event.step === 4) await setTimeout(600);
    const result = await run;
    assert.deepEqual([result.stopped, result.savedStep], ["time", 4]);
    const again = await fineTune(model, { train, valid }, { ...options, log, resume: folder, maxMinutes: 5 });
    assert.deepEqual(plain(again), expected);
  });

  it("survives a process that is killed in mid-step, and then the next", async () => {
    const whole = await loadTiny(withDropout);
    const expected = plain(await fineTune(whole, { train, valid }, { ...killed, log }));
    for (const [kills, after] of [5, 8].entries()) {
      const child = spawn(process.execPath, [
        "--import",
        "tsx",
        join(__dirname, "resumeChild.ts"),
        folder,
        withDropout,
      ]);
      const lines = createInterface({ input: child.stdout });
      const seen: string[] = [];
      for await (const line of lines) {
        seen.push(line);
        if (Number(line) >= after) child.kill("SIGKILL");
      }
      if (kills === 1) assert.ok(seen[0] === "resumed", seen.join());
      assert.ok(!seen.includes("ended"));
    }
    const model = await loadTiny(withDropout);
    const run = fineTune(model, { train, valid }, { ...killed, log, resume: folder });
    let from = 0;
    for await (const event of run) if (event.type === "resumed") from = event.step;
    assert.ok(from >= 6, `${from}`);
    assert.deepEqual(plain(await run), expected);
    assert.deepEqual(await bitsOf(model), await bitsOf(whole));
    assert.deepEqual(readdirSync(folder).length, 1);
  });
});
