// A night's work in one process: tensors, their bytes, memory and open files stay what they are after the first epochs and trials. 200 steps
// and 6 trials on the fast engines; FROSTKIT_LONG=1 makes them 2,000 and 50, on all engines, and prints what was measured.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { least } from "../../src/extremes";
import { topNLayerFreeze } from "../../src/freeze";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { fineTune } from "../../src/training/fineTune";
import { onEveryEngineAndWebgpu, onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const long = process.env.FROSTKIT_LONG === "1";
const STEPS = long ? 2000 : 200;
const DEPTHS = long ? [-1, 0, 1, 2, 3] : [-1, 2];
const SEEDS = long ? 10 : 3;

/**
 * What the second half of a run may add to resident memory: an engine's buffers and the heap's fragments. The most that was seen were 7.7 MB
 * in 2,000 steps on TensorFlow and 2 MB in 200 steps or in trials. Tensors and files are held to the very number instead.
 */
const MOST_GROWTH = 12e6;

const train = toyRows(40);
const valid = toyRows(24, "valid");
const withDropout = tinyWithDropout();
const log = () => {};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Held {
  tensors: number;
  bytes: number;
  /** Open files; null where the system does not tell. */
  files: number | null;
  rss: number;
}

const openFiles = (): number | null =>
  process.platform === "linux" ? readdirSync("/proc/self/fd").length : null;

/** Of open files the fewest of some looks, since one may be written just now: the lock's, say, whose owner says that it lives. */
async function held(): Promise<Held> {
  collect();
  const { numTensors, numBytes } = tf.memory();
  let files = openFiles();
  for (let look = 0; look < 3 && files !== null; look++) {
    await setTimeout(5);
    files = Math.min(files, openFiles()!);
  }
  return { tensors: numTensors, bytes: numBytes, files, rss: process.memoryUsage().rss };
}

/** Throws where tensors differ, a file more is open, or resident memory has grown by more than an engine's own buffers do. */
function assertFlat(samples: Held[], what: string): void {
  const [first, ...later] = samples;
  assert.ok(later.length > 1, what);
  for (const [i, sample] of later.entries()) {
    assert.deepEqual([sample.tensors, sample.bytes], [first.tensors, first.bytes], what);
    // The process itself may close one that it opened to start with.
    assert.ok(
      (sample.files ?? 0) <= (samples[i].files ?? 0),
      `${what}: ${samples[i].files} files, then ${sample.files}`,
    );
  }
  const half = Math.ceil(samples.length / 2);
  // What the heap has not collected yet comes and goes, by tens of MB where each op makes objects: the least of a half is without it.
  const kept = (part: Held[]) => least(part.map(({ rss }) => rss));
  const growth = kept(samples.slice(half)) - kept(samples.slice(0, half));
  assert.ok(growth < MOST_GROWTH, `${what}: ${growth} bytes more resident memory`);
  if (long)
    console.log(
      `${what}: ${first.tensors} tensors, ${first.bytes} bytes, ${first.files} files throughout; resident ${(kept(samples.slice(0, half)) / 1e6).toFixed(1)} MB in the first half, ${(growth / 1e6).toFixed(1)} MB more in the second`,
    );
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-long-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

(long ? onEveryEngineAndWebgpu : onEveryFastEngine)("A long run", (engine) => {
  it(`holds after ${STEPS} steps what it held after the first: tensors, bytes, files, memory`, async () => {
    const model = await loadTiny(withDropout);
    topNLayerFreeze(model, 1);
    const epochs = STEPS / 5;
    const samples: Held[] = [];
    const run = fineTune(
      model,
      { train, valid },
      {
        ...{ epochs, batchSize: 8, learningRate: 1e-4, metric: "loss", restoreBest: true, log },
        resume: join(folder, "state"),
        saveEvery: 50,
      },
    );
    let steps = 0;
    for await (const event of run) {
      if (event.type === "step") steps = event.step;
      // Each at the same place of an epoch; the first ones warm up, and the best epoch so far holds its copies from then on.
      if (event.type === "epoch" && event.epoch > epochs / 4 && event.epoch % (epochs / 20) === 0)
        samples.push(await held());
    }
    await run;
    assert.equal(steps, STEPS);
    assertFlat(samples, `${engine}, ${STEPS} steps`);
    model.dispose();
  });

  it(`holds after ${DEPTHS.length * SEEDS} trials what it held after the first of each depth`, async () => {
    const model = await loadTiny(withDropout);
    const before = await held();
    const byDepth = new Map<number, Held[]>();
    const sweep = freezeSweep(
      model,
      { train, valid },
      {
        ...{ n: DEPTHS, seeds: Array.from({ length: SEEDS }, (_, seed) => seed), epochs: 1, batchSize: 8 },
        ...{ learningRate: 1e-3, out: folder, log },
      },
    );
    let trials = 0;
    for await (const event of sweep) {
      if (event.type !== "record") continue;
      trials++;
      const { n } = event.record;
      byDepth.set(n, [...(byDepth.get(n) ?? []), await held()]);
    }
    await sweep;
    assert.equal(trials, DEPTHS.length * SEEDS);
    for (const [n, samples] of byDepth) assertFlat(samples, `${engine}, ${SEEDS} trials of N = ${n}`);
    const { tensors, files } = await held();
    assert.deepEqual([tensors, files], [before.tensors, before.files]);
    model.dispose();
  });

  it("gives a seed the same numbers three times, in whatever order its trials run", async () => {
    const outcomes = [];
    const orders = [
      { n: [-1, 1, 3], seeds: [0, 1] },
      { n: [-1, 1, 3], seeds: [0, 1] },
      { n: [3, -1, 1], seeds: [1, 0] },
    ];
    for (const [i, order] of orders.entries()) {
      const model = await loadTiny(withDropout);
      const out = join(folder, String(i));
      const options = { ...order, epochs: 2, batchSize: 8, learningRate: 3e-3, out, log };
      const { records } = await freezeSweep(model, { train, valid }, options);
      model.dispose();
      // The name of a trial's predictions is a hash of them.
      const told = records.map(({ trial, epochs, predictions }) => {
        const losses = epochs.map(({ trainLoss, validLoss, metrics }) => ({ trainLoss, validLoss, metrics }));
        return [trial, { losses, predictions }] as const;
      });
      assert.equal(told.length, 6);
      outcomes.push(Object.fromEntries(told));
    }
    assert.deepEqual(outcomes[1], outcomes[0]);
    assert.deepEqual(outcomes[2], outcomes[0]);
  });
});
