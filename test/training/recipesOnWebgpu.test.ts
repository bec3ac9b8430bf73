// What a notebook does besides plain training, on WebGPU beside plain JavaScript: the same numbers, seed for seed. FROSTKIT_LONG=1 has a
// driver that computes on the processor try it as well.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { probeDepths } from "../../src/probe/probeDepths";
import { searchDepth } from "../../src/search/searchDepth";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { onWebgpu, onWebgpuHardware } from "../onEveryEngine";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const train = toyRows(24);
const valid = toyRows(16, "valid");
const withDropout = tinyWithDropout();
const log = () => {};
const out = mkdtempSync(join(tmpdir(), "frostkit-webgpu-"));
after(() => rmSync(out, { recursive: true }));

/** Throws unless the same numbers come of `what` on both engines, and no tensor stays behind. */
async function assertAlike(what: (engine: EngineName) => Promise<number[]>, bound = 2e-3): Promise<void> {
  const numbers: number[][] = [];
  for (const engine of ["cpu", "webgpu"] as const) {
    await useEngine(engine);
    const before = tf.memory().numTensors;
    numbers.push(await what(engine));
    assert.equal(tf.memory().numTensors, before, engine);
  }
  const [expected, got] = numbers;
  assert.ok(got.length > 1);
  assert.equal(got.length, expected.length);
  for (const [i, value] of got.entries())
    assert.ok(
      Math.abs(value - expected[i]) <= bound * Math.max(0.1, Math.abs(expected[i])),
      `${i}: ${value}, not ${expected[i]}`,
    );
}

async function lossesOf(options: FineTuneOptions, n: number | null = 1): Promise<number[]> {
  const model = await loadTiny(withDropout);
  if (n !== null) topNLayerFreeze(model, n);
  const shared = { epochs: 2, batchSize: 8, learningRate: 1e-3, seed: 5, log };
  const { epochs } = await fineTune(model, { train, valid }, { ...shared, ...options });
  const { probabilities } = await predict(model, valid);
  model.dispose();
  return [...epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]), ...probabilities];
}

(process.env.FROSTKIT_LONG === "1" ? onWebgpu : onWebgpuHardware)("What a notebook does", () => {
  const runs: Record<string, [FineTuneOptions, n?: number | null]> = {
    "with gradient checkpointing and accumulation": [
      { gradientCheckpointing: true, gradientAccumulation: 2 },
    ],
    "with layer-wise decay of the rate": [{ layerwiseDecay: 0.8 }, null],
    "with gradual unfreezing": [{ unfreeze: [3, 1], epochs: 2 }, null],
    "with the head from a probe": [{ headInit: "probe" }, 3],
    "with averaged weights": [{ average: { name: "ema", decay: 0.8 } }],
    "with the best epoch's weights": [{ restoreBest: true, metric: "loss", earlyStopping: 1 }],
  };
  for (const [title, [options, n]] of Object.entries(runs))
    it(`trains ${title}`, () => assertAlike(() => lossesOf(options, n)));

  it("sweeps, with other recipes beside", () =>
    assertAlike(async (engine) => {
      const model = await loadTiny(withDropout);
      const { records } = await freezeSweep(
        model,
        { train, valid },
        {
          ...{
            n: [0, 2, 3],
            epochs: 1,
            batchSize: 8,
            learningRate: 1e-3,
            out: join(out, `sweep-${engine}`),
            log,
          },
          strategies: ["lora", "bitFit", "norms"],
        },
      );
      model.dispose();
      return records.flatMap(({ epochs }) =>
        epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]),
      );
    }));

  it("searches", () =>
    assertAlike(async (engine) => {
      const model = await loadTiny(withDropout);
      const options = { epochs: 1, batchSize: 8, out: join(out, `search-${engine}`), log };
      const { n, records } = await searchDepth(model, { train, valid }, options);
      model.dispose();
      return [n, ...records.flatMap(({ epochs }) => epochs.map(({ validLoss }) => validLoss!))];
    }));

  it("probes", () =>
    assertAlike(async () => {
      const model = await loadTiny();
      const probed = await probeDepths(model, { train, valid });
      model.dispose();
      return probed.flatMap(({ n, accuracy }: { n: number; accuracy?: number }) => [n, accuracy ?? 0]);
    }));

  it("adapts to texts", () =>
    assertAlike(async () => {
      const model = await loadTiny(withDropout);
      topNLayerFreeze(model, 1);
      const options = { maskTokenId: 4, epochs: 1, batchSize: 8, learningRate: 1e-3, seed: 2, log };
      const { losses } = await adaptToTexts(model, { ...train, labels: null }, options);
      const { probabilities } = await predict(model, valid);
      model.dispose();
      return [...losses, ...probabilities];
    }));

  it("saves what it has trained", () =>
    assertAlike(async (engine) => {
      const model = await loadTiny(withDropout);
      topNLayerFreeze(model, 2);
      await fineTune(model, { train }, { epochs: 1, batchSize: 8, learningRate: 1e-3, log });
      const folder = join(out, `saved-${engine}`);
      await model.savePretrained(folder);
      model.dispose();
      const bytes = readFileSync(join(folder, "model.safetensors"));
      const again = await loadTiny(folder);
      const { probabilities } = await predict(again, valid);
      again.dispose();
      return [bytes.length, ...probabilities];
    }));
});
