// Memory that runs out in a step is survived: the step is computed again by half as many rows at a time, to the same numbers.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { cutBatch } from "../../src/data/cutBatch";
import { recording } from "../../src/engine/recorder/recording";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { noiseImages } from "./noiseImages";
import { failingAt, withRoomFor, withRoomToRun } from "./shortOfMemory";
import { fixtureClasses, fixtureRows, loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

// test/fixtures/adversarial/make.py: three steps on all four rows.
const expected = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/adversarial/expected.json"), "utf8"),
) as {
  rows: number[][];
  labels: number[];
  cases: Record<string, { losses: number[]; norms: number[]; weights: Record<string, number[]> }>;
};
const fourRows = fixtureRows(expected.rows, expected.labels, "four rows");

const train = toyRows(48);
const withDropout = tinyWithDropout();
/** An eps beside which rounding is nothing, also where a gradient is nothing but that, as of a key's bias. */
const eps = 1e-3;
const base: FineTuneOptions = { epochs: 1, batchSize: 8, learningRate: 3e-3, seed: 5 };

/** Trains a model and says what it came to, step by step, with its weights; `stage` has room for `rows` in a forward alone. */
async function trained(
  options: FineTuneOptions,
  { rows = Number.POSITIVE_INFINITY, stage = -2, frozen = -1, folder = withDropout } = {},
) {
  const model = await loadTiny(folder);
  if (frozen >= 0) topNLayerFreeze(model, frozen);
  const said: string[] = [];
  const losses: number[] = [];
  const result = await withRoomFor(rows, model, stage, async () => {
    const run = fineTune(model, { train }, { ...base, log: (line) => said.push(line), ...options });
    for await (const event of run) if (event.type === "step") losses.push(event.loss, event.gradNorm);
    return run;
  });
  const weights = await bitsOf(model);
  model.dispose();
  return { said, losses, weights, microBatchSize: result.microBatchSize };
}

async function bitsOf(model: Classifier): Promise<Record<string, Float32Array>> {
  const bits: Record<string, Float32Array> = {};
  for (const [name, parameter] of model.namedParameters()) bits[name] = (await parameter.data()).slice();
  return bits;
}

const numbers = ({ losses, weights }: Awaited<ReturnType<typeof trained>>) => ({ losses, weights });

describe("cutBatch", () => {
  it("cuts rows into as few parts as there can be, of about one size, in their order", () => {
    const cut = (count: number, rows: number) =>
      cutBatch(
        Int32Array.from({ length: count }, (_, i) => 10 + i),
        rows,
      ).map((part) => [...part]);
    assert.deepEqual(cut(5, 2), [[10, 11], [12, 13], [14]]);
    assert.deepEqual(cut(5, 4), [
      [10, 11, 12],
      [13, 14],
    ]);
    assert.deepEqual(cut(3, 1), [[10], [11], [12]]);
    assert.deepEqual(cut(4, 2), [
      [10, 11],
      [12, 13],
    ]);
  });

  it("gives a batch that is no larger as it is", () => {
    const batch = Int32Array.of(3, 1);
    for (const rows of [2, 3]) assert.deepEqual(cutBatch(batch, rows), [batch]);
    assert.equal(cutBatch(batch, 2)[0], batch);
  });
});

onEveryFastEngine("fineTune where memory runs out", () => {
  for (const rows of [1, 2, 3])
    it(`makes PyTorch's steps on four rows, ${rows} of which fit into memory`, async () => {
      const before = tf.memory().numTensors;
      const model = await loadTiny(tinyBert, { classes: fixtureClasses });
      const { losses, norms, weights } = expected.cases.none;
      const held = { losses: [] as number[], norms: [] as number[] };
      const said: string[] = [];
      await withRoomFor(rows, model, -1, async () => {
        const run = fineTune(
          model,
          { train: fourRows },
          {
            ...{ epochs: 3, batchSize: 4, learningRate: 1e-3, eps: 1e-3, schedule: "constant", warmup: 0 },
            log: (line) => said.push(line),
          },
        );
        for await (const event of run)
          if (event.type === "step") {
            held.losses.push(event.loss);
            held.norms.push(event.gradNorm);
          }
        assert.equal((await run).microBatchSize, rows === 1 ? 1 : 2);
      });
      assertClose(held.losses, losses, 2e-6, "losses");
      assertClose(held.norms, norms, 2e-5, "norms");
      for (const [name, values] of Object.entries(weights)) {
        const from = name.includes("word") ? 10 * 32 : 0;
        const own = (await model.parameter(name).data()).slice(from, from + values.length);
        assertClose(own, values, 3e-6, name);
      }
      assert.deepEqual(said, [
        `the engine ran out of memory on a batch of 4 texts of up to 8 tokens: it goes on with ${rows === 1 ? 1 : 2} at a time, whose gradients are added up to those of the batch`,
      ]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

  it("goes on as if it had been told to take so few rows at a time, bit for bit, wherever in the model it happens", async () => {
    const told = await trained({ microBatchSize: 4 });
    assert.deepEqual([told.said, told.microBatchSize], [[], 4]);
    for (const stage of [0, 2, -1]) {
      const survived = await trained({}, { rows: 4, stage });
      assert.equal(survived.said.length, 1);
      assert.equal(survived.microBatchSize, 4);
      assert.deepEqual(numbers(survived), numbers(told));
    }
    const whole = await trained({});
    assert.equal(whole.microBatchSize, undefined);
    assert.notDeepEqual(numbers(whole), numbers(told), "dropout falls otherwise");
  });

  it("does so where an engine that records runs the program", async (context) => {
    if (!recording()) return context.skip("the engine computes at once");
    const told = await trained({ microBatchSize: 4, epochs: 2 });
    const state = { survived: null as Awaited<ReturnType<typeof trained>> | null };
    const failed = await withRoomToRun(4, async () => {
      state.survived = await trained({ epochs: 2 });
    });
    assert.equal(failed, 1);
    assert.equal(state.survived!.microBatchSize, 4);
    assert.deepEqual(numbers(state.survived!), numbers(told));
  });

  for (const [what, options, frozen] of [
    ["with nothing frozen", {}, -1],
    ["above frozen blocks, whose features are cached", {}, 1],
    ["with weights of classes, one of them nothing", { classWeights: [1, 0] }, -1],
    ["with batches that make a step together", { batchSize: 4, gradientAccumulation: 2 }, 0],
    ["with blocks that are computed again", { gradientCheckpointing: true }, 0],
    ["with disturbed weights", { adversarial: "awp" }, 1],
  ] as [string, FineTuneOptions, number][])
    it(`has without dropout the losses and weights of whole batches: ${what}`, async () => {
      const [whole, cut] = [
        await trained({ ...options, eps }, { frozen, folder: tinyBert }),
        await trained({ ...options, eps, microBatchSize: 3 }, { frozen, folder: tinyBert }),
      ];
      assertClose(cut.losses, whole.losses, 2e-5, "losses");
      for (const [name, values] of Object.entries(whole.weights))
        assertClose(cut.weights[name], values, 2e-5, name);
    });

  it("finds by trying before the first step how many rows fit, and comes to the same", async () => {
    const told = await trained({ microBatchSize: 2 });
    const tried = await trained({ microBatchSize: "auto" }, { rows: 3 });
    assert.equal(tried.microBatchSize, 2);
    assert.equal(tried.said.length, 1);
    assert.deepEqual(numbers(tried), numbers(told));
    const roomy = await trained({ microBatchSize: "auto" });
    assert.deepEqual([roomy.said, roomy.microBatchSize], [[], undefined]);
    assert.deepEqual(numbers(roomy), numbers(await trained({})));
  });

  it("ends in one line where not even a row fits", async () => {
    const model = await loadTiny(withDropout);
    const bits = await bitsOf(model);
    for (const [, parameter] of model.namedParameters()) assert.ok(parameter.value, "it is read");
    const before = tf.memory().numTensors;
    for (const microBatchSize of [undefined, "auto"] as const)
      await assert.rejects(
        async () =>
          await withRoomFor(0, model, 1, () =>
            fineTune(model, { train }, { ...base, microBatchSize, log: () => {} }),
          ),
        {
          name: "FrostError",
          message:
            "the engine ran out of memory on a batch of 1 texts of up to 20 tokens: try freezing one block more",
        },
      );
    assert.deepEqual(await bitsOf(model), bits);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  for (const [title, more] of [
    ["all rows at once", {}],
    ["two rows at a time", { microBatchSize: 2 }],
    ["two batches added up, disturbed", { batchSize: 2, gradientAccumulation: 2, adversarial: "fgm" }],
  ] as const)
    it(`leaks no tensor, wherever in a step a kernel fails, and learns what it would have learnt: ${title}`, async () => {
      const model = await loadTiny(tinyBert);
      const one = () =>
        fineTune(
          model,
          { train: toyRows(4) },
          { ...base, eps, batchSize: 4, warmup: 0, log: () => {}, ...more },
        );
      const start = new Map(
        model.namedParameters().map(([, parameter]) => [parameter, parameter.snapshot()]),
      );
      const back = () => {
        for (const [parameter, snapshot] of start) parameter.restore(snapshot);
      };
      const calls = await failingAt(-1, one);
      const whole = await bitsOf(model);
      back();
      const before = tf.memory().numTensors;
      assert.ok(calls > 20, `${calls} calls`);
      const stride = Math.ceil(calls / 25);
      let survived = 0;
      for (let call = 0; call < calls; call += stride) {
        let message = "";
        await failingAt(call, one).catch((error: Error) => {
          ({ message } = error);
        });
        if (message === "") {
          survived++;
          for (const [name, values] of Object.entries(await bitsOf(model)))
            assertClose(values, whole[name], 2e-5, `${name} after call ${call}`);
        } else assert.match(message, /^the engine ran out of memory on a batch of [124] /);
        back();
        assert.equal(tf.memory().numTensors, before, `after call ${call}`);
      }
      // All but the update, which is not made twice.
      assert.ok(survived > 10, `${survived} of 25`);
      for (const snapshot of start.values()) snapshot.dispose();
      model.dispose();
    });

  it("goes on from a state with as few rows at a time, to the numbers of a run that was never stopped", async () => {
    const folder = mkdtempSync(join(tmpdir(), "frostkit-micro-"));
    try {
      for (const [name, room] of [
        ["stopped before", 20],
        ["stopped after", 4],
      ] as const) {
        const options = { ...base, epochs: 2, log: () => {}, resume: join(folder, name) };
        const never = await trained({ epochs: 2 }, { rows: 4, stage: 1 });
        const first = await loadTiny(withDropout);
        const abort = new AbortController();
        await withRoomFor(room, first, 1, async () => {
          const run = fineTune(first, { train }, { ...options, signal: abort.signal });
          for await (const event of run) if (event.type === "step" && event.step === 3) abort.abort();
          await run;
        });
        first.dispose();
        const model = await loadTiny(withDropout);
        // What was stopped when it knew goes on so where there is room for all.
        const { microBatchSize } = await withRoomFor(room === 4 ? 20 : 4, model, 1, () =>
          fineTune(model, { train }, options),
        );
        assert.equal(microBatchSize, 4);
        if (room === 4) assert.deepEqual(await bitsOf(model), never.weights);
        model.dispose();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("stands in a sweep's records, told or found", async () => {
    const folder = mkdtempSync(join(tmpdir(), "frostkit-micro-"));
    const model = await loadTiny(withDropout);
    const data = { train, valid: toyRows(16, "valid") };
    const of = (rows: number, out: string, options = {}) =>
      withRoomFor(rows, model, -1, () =>
        freezeSweep(model, data, {
          epochs: 1,
          batchSize: 8,
          n: [1],
          out: join(folder, out),
          log: () => {},
          ...options,
        }),
      );
    try {
      const [whole] = (await of(8, "whole")).records;
      const [found] = (await of(4, "found")).records;
      const [told] = (await of(8, "told", { microBatchSize: 4 })).records;
      assert.deepEqual(
        [whole, found, told].map(({ microBatchSize }) => microBatchSize),
        [undefined, 4, 4],
      );
      assert.equal(found.epochs[0].trainLoss, told.epochs[0].trainLoss);
      assert.deepEqual([found.settings!.microBatchSize, told.settings!.microBatchSize], [undefined, 4]);
    } finally {
      rmSync(folder, { recursive: true });
      model.dispose();
    }
  });

  it("masks words of whole batches, so that adaptation has the same losses", async () => {
    const lossesOf = async (rows: number, options = {}) => {
      const model = await loadTiny(tinyBert);
      const { losses } = await withRoomFor(rows, model, 1, () =>
        adaptToTexts(model, train, {
          maskTokenId: 4,
          epochs: 2,
          batchSize: 8,
          learningRate: 1e-3,
          log: () => {},
          ...options,
        }),
      );
      model.dispose();
      return losses;
    };
    const whole = await lossesOf(8);
    assertClose(await lossesOf(3), whole, 2e-4, "survived");
    assertClose(await lossesOf(8, { microBatchSize: 2 }), whole, 2e-4, "told");
    assertClose(await lossesOf(3, { microBatchSize: "auto" }), whole, 2e-4, "tried");
  });

  it("gives up where batch norms learn, whose numbers a smaller batch would change; behind the frost line it goes on", async () => {
    const images = noiseImages(8, 32);
    for (const [frozen, outcome] of [
      [0, "gives up"],
      [4, "goes on"],
    ] as const) {
      const model = await AutoModelForImageClassification.fromConfig(
        { architecture: "resnet18" },
        { classes: ["no", "yes"], log: () => {} },
      );
      topNLayerFreeze(model, frozen);
      const head = model.stages.at(-1)!;
      const { forward } = head;
      let calls = 0;
      head.forward = (pass, inputs, x) => {
        if (pass.training && calls++ === 0) throw new Error("OOM when allocating tensor");
        return forward.call(head, pass, inputs, x);
      };
      const run = fineTune(model, { train: images }, { epochs: 1, batchSize: 4, log: () => {} });
      if (outcome === "gives up")
        await assert.rejects(
          async () => await run,
          /^FrostError: the engine ran out of memory on a batch of 4 images/,
        );
      else assert.equal((await run).microBatchSize, 2);
      model.dispose();
    }
  });

  it("any other error stays itself, and ends the run", async () => {
    const model = await loadTiny(tinyBert);
    const loss = () => {
      throw new Error("no such thing");
    };
    await assert.rejects(
      async () => await fineTune(model, { train }, { ...base, loss }),
      /^Error: no such thing/,
    );
    model.dispose();
  });
});
