import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { topNLayerFreeze } from "../../src/freeze";
import { type EpochRecord, type EvaluationRecord, evaluate } from "../../src/index";
import type { Classifier } from "../../src/models/Classifier";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { epochOfWeights, readRecords, recordsFile } from "../../src/sweep/record";
import { evaluationSteps } from "../../src/training/evaluationSteps";
import type { FineTuneEvent, FineTuneResult } from "../../src/training/events";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune, startFineTuning } from "../../src/training/fineTune";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

// 48 rows are 6 batches of 8.
const train = toyRows(48);
const valid = toyRows(24, "valid");
const withDropout = tinyWithDropout();
const log = () => {};
const base: FineTuneOptions = { epochs: 3, batchSize: 8, learningRate: 3e-3, seed: 5, log };

async function loaded(frozen = -1): Promise<Classifier> {
  const model = await loadTiny(withDropout);
  if (frozen >= 0) topNLayerFreeze(model, frozen);
  return model;
}

/** Trains a model of its own and says what happened; the model stays the caller's. */
async function trained(options: FineTuneOptions, frozen = -1, signal?: (event: FineTuneEvent) => boolean) {
  const model = await loaded(frozen);
  const abort = new AbortController();
  const events: FineTuneEvent[] = [];
  const run = fineTune(model, { train, valid }, { ...base, signal: abort.signal, ...options });
  for await (const event of run) {
    events.push(event);
    if (signal?.(event)) abort.abort();
  }
  return { model, events, result: await run };
}

const untimed = ({ evalSeconds, ...rest }: EvaluationRecord) => rest;
const plain = ({ trainSeconds, evalSeconds, ...rest }: EpochRecord) => rest;
const numbersOf = ({ epochs, evaluations, ...rest }: FineTuneResult) => ({
  ...{ epochs: epochs.map(plain), evaluations: evaluations?.map(untimed) },
  ...{ epoch: rest.epoch, stopped: rest.stopped, lossCurve: rest.lossCurve },
});

async function bitsOf(model: Classifier): Promise<Record<string, Uint32Array>> {
  const bits: Record<string, Uint32Array> = {};
  for (const [name, parameter] of model.namedParameters())
    bits[name] = new Uint32Array((await parameter.data()).slice().buffer);
  return bits;
}

describe("evaluationSteps", () => {
  for (const [evalEvery, steps, expected] of [
    [undefined, 6, []],
    [2, 6, [2, 4]],
    [4, 6, [4]],
    [1, 4, [1, 2, 3]],
    [6, 6, []],
    [200, 6, []],
    [0.5, 6, [3]],
    [0.5, 5, [3]],
    [0.25, 10, [3, 5, 8]],
    [0.1, 10, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [0.3, 10, [3, 6, 9]],
    [1e-9, 3, [1, 2]],
    [0.5, 1, []],
  ] as const)
    it(`of ${steps} steps and ${evalEvery}: ${expected.join(", ") || "the end alone"}`, () =>
      assert.deepEqual(evaluationSteps(evalEvery, steps), expected));
});

onEveryFastEngine("fineTune with evalEvery", () => {
  it("scores the rows after every so many steps and at each epoch's end, and trains as without it, bit for bit", async () => {
    const [without, every] = [await trained({}), await trained({ evalEvery: 4 })];
    assert.deepEqual(
      every.result.evaluations!.map(({ step, epoch }) => [step, epoch]),
      [
        [4, 4 / 6],
        [6, 1],
        [10, 10 / 6],
        [12, 2],
        [16, 16 / 6],
        [18, 3],
      ],
    );
    assert.equal(without.result.evaluations, undefined);
    assert.deepEqual(every.result.epochs.map(plain), without.result.epochs.map(plain));
    assert.deepEqual(await bitsOf(every.model), await bitsOf(without.model));
    assert.equal(every.result.epoch, 3);
    for (const [i, { epoch, validLoss, metrics, trainLoss, evalSeconds }] of every.result.epochs.entries()) {
      const [within, end] = every.result.evaluations!.slice(2 * i, 2 * i + 2);
      assert.deepEqual(untimed(end), { epoch, step: 6 * epoch, trainLoss, validLoss, metrics });
      assert.equal(evalSeconds, within.evalSeconds + end.evalSeconds);
    }
    without.model.dispose();
    every.model.dispose();
  });

  it("tells of them as they happen: within an epoch by events of their own, at its end by the epoch's", async () => {
    const { model, events, result } = await trained({ evalEvery: 0.5, epochs: 2 });
    const order = events.flatMap((event) => {
      if (event.type === "step") return `step ${event.step}`;
      return event.type === "evaluation" || event.type === "epoch" ? `${event.type} ${event.epoch}` : [];
    });
    assert.deepEqual(order.slice(2, 8), [
      "step 3",
      "evaluation 0.5",
      "step 4",
      "step 5",
      "step 6",
      "epoch 1",
    ]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === "evaluation" ? event : [])),
      [0, 2].map((i) => ({ type: "evaluation", ...result.evaluations![i] })),
    );
    model.dispose();
  });

  const stopping: [string, FineTuneOptions, number][] = [
    ["with nothing frozen", {}, -1],
    ["above frozen blocks, whose features are cached", {}, 1],
    ["with accumulation, where a step is an update", { batchSize: 4, gradientAccumulation: 2 }, 0],
    ["with the classes weighted, one of them by nothing", { classWeights: [1, 0] }, -1],
  ];
  for (const [what, options, frozen] of stopping)
    it(`gives what evaluate gives of a run that stops there: ${what}`, async () => {
      const all = await trained({ ...options, evalEvery: 4 }, frozen);
      for (const { step, validLoss, metrics } of all.result.evaluations!.slice(0, 3)) {
        const { model } = await trained(
          options,
          frozen,
          (event) => event.type === "step" && event.step === step,
        );
        const expected = await evaluate(model, valid, { metrics: [] });
        assert.deepEqual(metrics, expected.metrics, `step ${step}`);
        // The loss of evaluate has no weights of classes.
        if (!("classWeights" in options)) assert.equal(validLoss, expected.loss, `step ${step}`);
        model.dispose();
      }
      all.model.dispose();
    });

  it("gives the training loss as the mean over the epoch's rows so far", async () => {
    const { model, events, result } = await trained({ evalEvery: 2, epochs: 1 });
    const losses = events.flatMap((event) => (event.type === "step" ? event.loss : []));
    const means = [2, 4, 6].map(
      (count) => losses.slice(0, count).reduce((sum, loss) => sum + loss, 0) / count,
    );
    for (const [i, { trainLoss }] of result.evaluations!.entries())
      assert.ok(Math.abs(trainLoss - means[i]) < 1e-12);
    model.dispose();
  });

  it("ends with the weights of the best evaluation, wherever it lies", async () => {
    const options: FineTuneOptions = { evalEvery: 1, restoreBest: true, learningRate: 3e-2, metric: "loss" };
    const { model, result } = await trained(options);
    const best = result.evaluations!.toSorted((a, b) => a.validLoss - b.validLoss)[0];
    assert.notEqual(best.epoch % 1, 0, "expected a best evaluation within an epoch, take another seed");
    assert.equal(result.epoch, best.epoch);
    assert.equal((await evaluate(model, valid)).loss, best.validLoss);
    const there = await trained(
      { learningRate: 3e-2 },
      -1,
      (event) => event.type === "step" && event.step === best.step,
    );
    assert.deepEqual(await bitsOf(model), await bitsOf(there.model));
    model.dispose();
    there.model.dispose();
  });

  it("counts evaluations for earlyStopping, and stops within an epoch", async () => {
    const options: FineTuneOptions = { epochs: 9, evalEvery: 1, learningRate: 3e-2, metric: "loss" };
    for (const earlyStopping of [2, 4]) {
      const { model, result, events } = await trained({ ...options, earlyStopping });
      const { epochs, evaluations = [], stopped, epoch } = result;
      assert.equal(stopped, "early");
      const best = evaluations.findIndex((each) => each.epoch === epoch);
      assert.equal(evaluations.length - 1 - best, earlyStopping);
      for (const { validLoss } of evaluations.slice(best + 1))
        assert.ok(validLoss >= evaluations[best].validLoss);
      // The epoch that it stops in has a record of what was done of it.
      const [last, end] = [evaluations.at(-1)!, epochs.at(-1)!];
      assert.notEqual(last.epoch % 1, 0, "expected an end within an epoch, take another seed");
      assert.deepEqual({ ...untimed(last), step: 0 }, { ...plain(end), step: 0 });
      assert.equal(events.filter(({ type }) => type === "step").length, last.step);
      assert.equal(events.at(-1)!.type, "epoch");
      model.dispose();
    }
  });

  const cases: [string, FineTuneOptions, number][] = [
    ["with dropout", { evalEvery: 2 }, -1],
    ["above frozen blocks", { evalEvery: 0.5 }, 1],
    ["with accumulation", { evalEvery: 2, batchSize: 4, gradientAccumulation: 2 }, -1],
    [
      "where means of weights are judged",
      { evalEvery: 2, average: { name: "ema", decay: 0.8 }, restoreBest: true, metric: "loss" },
      -1,
    ],
    ["where blocks thaw", { evalEvery: 4, unfreeze: "gradual", epochs: 4 }, -1],
    [
      "where an evaluation within an epoch was the best",
      { evalEvery: 1, restoreBest: true, learningRate: 3e-2, metric: "loss" },
      -1,
    ],
    [
      "where it stops early within an epoch",
      { evalEvery: 1, earlyStopping: 5, epochs: 9, learningRate: 3e-2, metric: "loss" },
      -1,
    ],
  ];
  for (const [what, options, frozen] of cases)
    it(`resumes from wherever it was left, to the same bits: ${what}`, async () => {
      const whole = await trained(options, frozen);
      const bits = await bitsOf(whole.model);
      whole.model.dispose();
      const tensors = tf.memory().numTensors;
      // After a step before its evaluation, in the midst of one, when it is over, and when its epoch is.
      const stops: ((event: FineTuneEvent, step: number) => boolean)[] = [
        (event, step) => event.type === "step" && step === 1,
        (event, step) => event.type === "step" && step === 4,
        (event) => event.type === "evaluate",
        (event) => event.type === "evaluation",
        (event) => event.type === "epoch",
        (event) => event.type === "evaluation",
        (event, step) => event.type === "step" && step === 10,
      ];
      for (const leave of [true, false]) {
        const folder = mkdtempSync(join(tmpdir(), "frostkit-evals-"));
        const seen: number[] = [];
        let result: FineTuneResult | null = null;
        for (const stop of [...stops, () => false]) {
          const model = await loaded(frozen);
          const abort = new AbortController();
          const run = fineTune(
            model,
            { train, valid },
            { ...base, ...options, resume: folder, signal: abort.signal },
          );
          let [step, left] = [0, false];
          for await (const event of run) {
            if (event.type === "step") step = event.step;
            if (event.type === "resumed") seen.push(event.evaluations!.length);
            if (!stop(event, step)) continue;
            left = leave;
            if (leave) break;
            abort.abort();
          }
          if (!left) result = await run;
          if (!left && result!.stopped !== "aborted") assert.deepEqual(await bitsOf(model), bits);
          model.dispose();
        }
        assert.deepEqual(numbersOf(result!), numbersOf(whole.result));
        assert.ok(seen.length >= 4 && new Set(seen).size >= 3, `${seen} evaluations where it went on`);
        rmSync(folder, { recursive: true });
      }
      assert.equal(tf.memory().numTensors, tensors);
    });

  it("is part of a state's identity: the state of a run without it is another run's", async () => {
    const folder = mkdtempSync(join(tmpdir(), "frostkit-evals-"));
    const model = await loaded();
    for await (const event of fineTune(model, { train, valid }, { ...base, resume: folder }))
      if (event.type === "step") break;
    await assert.rejects(
      async () => fineTune(model, { train, valid }, { ...base, evalEvery: 2, resume: folder }),
      /^InputError: resume: .* holds the state of another run: evalEvery/,
    );
    model.dispose();
    rmSync(folder, { recursive: true });
  });

  it("scores nothing before the end where a search asks for nothing else, unless the best is sought", async () => {
    const keeps = { end: false, figure: () => 0, restore: () => {}, evaluatesLast: true };
    const scored = async (options: FineTuneOptions) => {
      const model = await loaded();
      const { evaluations } = await startFineTuning(
        model,
        { train, valid },
        { ...base, evalEvery: 3, ...options },
        keeps,
      ).run;
      model.dispose();
      return evaluations!.map(({ epoch }) => epoch);
    };
    assert.deepEqual(await scored({}), [3]);
    assert.deepEqual(await scored({ restoreBest: true }), [0.5, 1, 1.5, 2, 2.5, 3]);
  });

  it("is an option of sweeps: their records have the evaluations, and the score of the best one", async () => {
    const out = mkdtempSync(join(tmpdir(), "frostkit-evals-"));
    const model = await loadTiny(withDropout);
    const shared = { epochs: 3, batchSize: 8, log };
    const settings = { ...shared, n: [-1, 2], out, learningRate: 3e-2, evalEvery: 1, restoreBest: true };
    const sweep = (more: object) =>
      freezeSweep(model, { train, valid }, { ...settings, metric: "loss", ...more });
    const { records } = await sweep({});
    assert.deepEqual(readRecords(recordsFile(out)), records);
    for (const record of records) {
      assert.equal(record.evaluations!.length, 18);
      const lowest = record.evaluations!.toSorted((a, b) => a.validLoss - b.validLoss)[0];
      assert.equal(record.restoredEpoch ?? 3, lowest.epoch);
      assert.equal(epochOfWeights(record).validLoss, lowest.validLoss);
      assert.equal(record.accuracy, lowest.metrics.accuracy);
      assert.equal(record.settings!.evalEvery, 1);
    }
    assert.ok(
      records.some(({ restoredEpoch = 3 }) => restoredEpoch % 1 > 0),
      "expected a best evaluation within an epoch, take another seed",
    );
    // The same sweep finds its records, another interval is another sweep.
    assert.deepEqual((await sweep({})).records, records);
    await assert.rejects(
      async () => sweep({ evalEvery: 2 }),
      /^InputError: out: .* holds records of another sweep: evalEvery 1, here 2/,
    );
    model.dispose();
    rmSync(out, { recursive: true });
  });
});

describe("An evalEvery that cannot be", () => {
  for (const evalEvery of [0, -1, 1.5, Number.NaN, "epoch"])
    it(`is refused: ${evalEvery}`, async () => {
      const model = await loadTiny();
      assert.throws(
        () => fineTune(model, { train, valid }, { evalEvery: evalEvery as number }),
        /^InputError: evalEvery: expected an integer of at least 1, or a number above 0 and below 1, got /,
      );
      model.dispose();
    });

  it("is one without rows to validate on", async () => {
    const model = await loadTiny();
    assert.throws(
      () => fineTune(model, { train }, { evalEvery: 2 }),
      /^InputError: evalEvery scores validation rows: pass data\.valid as well/,
    );
    model.dispose();
  });
});
