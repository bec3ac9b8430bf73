import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { fineTune } from "../../src/training/fineTune";
import { onWebgpu, onWebgpuHardware } from "../onEveryEngine";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const train = toyRows(24);
const valid = toyRows(16, "valid");
const maxGradNorm = 0.05;

/** What each step and the end of a training came to on one engine. */
async function trained(engine: EngineName, n: number | null) {
  await useEngine(engine);
  const model = await loadTiny(tinyWithDropout());
  if (n !== null) topNLayerFreeze(model, n);
  const options = { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 5, maxGradNorm, log: () => {} };
  const run = fineTune(model, { train, valid }, options);
  const steps: number[] = [];
  let tensors = 0;
  for await (const event of run)
    if (event.type === "step") {
      steps.push(event.loss, event.gradNorm);
      if (event.step === 1) tensors = tf.memory().numTensors;
      assert.equal(tf.memory().numTensors, tensors);
    }
  const { epochs } = await run;
  model.dispose();
  return [...steps, ...epochs.map(({ validLoss }) => validLoss!)];
}

function tests(n: number | null) {
  // The norm is one sum over all gradients, of which there are more than a shader may bind.
  it(`comes to the losses and clipped gradients of plain JavaScript, ${n === null ? "nothing frozen" : `N = ${n}`}`, async () => {
    const expected = await trained("cpu", n);
    const got = await trained("webgpu", n);
    assert.equal(got.length, 14);
    for (const [i, value] of got.entries())
      assert.ok(Math.abs(value - expected[i]) < 1e-3 * expected[i], `${i}: ${value}, not ${expected[i]}`);
    const norms = expected.slice(0, 12).filter((_, i) => i % 2 === 1);
    assert.ok(
      norms.every((norm) => norm > maxGradNorm),
      `none is clipped: ${norms}`,
    );
  });
}

onWebgpu("fineTune", () => tests(2));
(process.env.FROSTKIT_LONG === "1" ? onWebgpu : onWebgpuHardware)("fineTune", () => tests(null));
