import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { type AdaptOptions, adaptToTexts } from "../../src/training/adaptToTexts";
import { fineTune } from "../../src/training/fineTune";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const texts = { ...toyRows(40), labels: null };
const log = () => {};
const options = { maskTokenId: 4, epochs: 3, batchSize: 8, learningRate: 3e-3, seed: 2, log };
const withDropout = tinyWithDropout();

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-adapt-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bitsOf = async (model: SequenceClassifier) =>
  Promise.all(
    model
      .namedParameters()
      .map(async ([name, parameter]) => [name, new Uint32Array((await parameter.data()).slice().buffer)]),
  );

/** Adapts until so many steps are done, and gives the losses of the steps that were taken. */
async function adapted(model: SequenceClassifier, stop: number, more: Partial<AdaptOptions> = {}) {
  const abort = new AbortController();
  const run = adaptToTexts(model, texts, { ...options, ...more, signal: abort.signal });
  const steps: number[] = [];
  for await (const event of run)
    if (event.type === "step") {
      steps.push(event.loss);
      if (event.step === stop) abort.abort();
    }
  return { steps, result: await run };
}

onEveryFastEngine("adaptToTexts with resume", () => {
  const cases: [string, (model: SequenceClassifier) => void, Partial<AdaptOptions>][] = [
    ["all of the encoder", () => {}, {}],
    [
      "above frozen blocks, with accumulation and rates of groups",
      (model) => void topNLayerFreeze(model, 1),
      { gradientAccumulation: 2, parameterGroups: [{ match: "*bias", weightDecay: 0 }] },
    ],
  ];
  for (const [what, freeze, more] of cases)
    it(`comes to the same bit for bit, losses, weights and head, wherever it is stopped: ${what}`, async () => {
      const load = async () => {
        const model = await loadTiny(withDropout);
        freeze(model);
        return model;
      };
      const whole = await load();
      const expected = await adapted(whole, Number.POSITIVE_INFINITY, more);
      const bits = await bitsOf(whole);
      whole.dispose();
      const before = tf.memory().numTensors;
      const steps: number[] = [];
      for (const stop of [2, 3, 5, Number.POSITIVE_INFINITY]) {
        const model = await load();
        const part = await adapted(model, stop, { ...more, resume: folder });
        steps.push(...part.steps);
        if (Number.isFinite(stop)) assert.equal(part.result.savedStep, stop);
        else {
          assert.deepEqual(part.result.losses, expected.result.losses);
          assert.deepEqual(await bitsOf(model), bits);
        }
        model.dispose();
      }
      assert.deepEqual(steps, expected.steps);
      assert.equal(tf.memory().numTensors, before);
      assert.deepEqual(readdirSync(folder).length, 1, "of a run that has ended one state stays");
    });

  it("of a run that has ended gives weights and losses at once, and begins anew where it is told to", async () => {
    const first = await loadTiny();
    const { result } = await adapted(first, Number.POSITIVE_INFINITY, { resume: folder });
    const told: string[] = [];
    const model = await loadTiny();
    const again = await adapted(model, 1, { resume: folder, log: (line) => told.push(line) });
    assert.deepEqual([again.steps, again.result], [[], result]);
    assert.deepEqual(await bitsOf(model), await bitsOf(first));
    assert.deepEqual(told, [`${folder}: the run has ended already; its weights and losses come from there`]);
    const anew = await adapted(await loadTiny(), 1, { resume: folder, restart: true });
    assert.equal(anew.steps.length, 1);
  });

  it("goes on where it was left when the loop over its events is left, and keeps a state at each epoch's end", async () => {
    const model = await loadTiny();
    const run = adaptToTexts(model, texts, { ...options, resume: folder, saveEvery: 100 });
    for await (const event of run) if (event.type === "step" && event.step === 6) break;
    assert.equal(readdirSync(folder).length, 2);
    const told: string[] = [];
    const rest = adaptToTexts(await loadTiny(), texts, {
      ...options,
      resume: folder,
      log: (line) => told.push(line),
    });
    for await (const event of rest) {
      if (event.type !== "resumed") continue;
      assert.deepEqual([event.step, event.steps, event.losses.length], [6, 15, 1]);
    }
    assert.deepEqual(told, [`${folder}: goes on after step 6 of 15`]);
    assert.equal((await rest).losses.length, 3);
  });

  it("refuses the state of other options, texts or another function, before the first step", async () => {
    await adapted(await loadTiny(), 2, { resume: folder });
    const refused = (more: Partial<AdaptOptions>, rows: typeof texts, why: RegExp) =>
      assert.rejects(async () => {
        const run = adaptToTexts(await loadTiny(), rows, { ...options, resume: folder, ...more });
        for await (const event of run) assert.notEqual(event.type, "step");
      }, why);
    await refused({ share: 0.3 }, texts, /share 0\.15, here 0\.3; `restart: true` begins anew/);
    await refused({}, { ...toyRows(41), labels: null }, /: other rows to train on;/);
    await assert.rejects(
      async () => fineTune(await loadTiny(), { train: toyRows(40) }, { resume: folder, log }),
      /: a run of adaptToTexts, here of fineTune;/,
    );
  });

  it("ends in time where so many minutes are given", async () => {
    const run = adaptToTexts(await loadTiny(), texts, {
      ...options,
      epochs: 1000,
      resume: folder,
      maxMinutes: 0.02,
    });
    const { losses, savedStep } = await run;
    assert.ok(losses.length < 1000 && savedStep !== undefined && savedStep > 0);
  });
});
