// A chaos of shapes, as on a GPU: batches of any size and length, at any depth, of which a function for one must not be taken for another.
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { type EngineName, useEngine } from "../../../src/engine/useEngine";
import { topNLayerFreeze } from "../../../src/freeze";
import { Random } from "../../../src/random";
import { fineTune } from "../../../src/training/fineTune";
import { predict } from "../../../src/training/predict";
import { assertClose } from "../../close";
import { loadTiny, tinyBert, toyRows } from "../../training/toyData";
import { asOnGpu } from "./asGpu";

const FAMILIES = ["bert", "modernbert", "deberta-v2", "roberta"];

/** Losses and gradient norms of a run whose shapes are drawn from its seed, frozen deeper in its midst, and what it then predicts. */
async function drawnRun(seed: number, engine: EngineName): Promise<number[]> {
  await useEngine(engine);
  const random = new Random(seed, "shapes");
  const model = await loadTiny(join(tinyBert, "..", FAMILIES[seed % FAMILIES.length]));
  const depth = random.integer(model.depth);
  if (depth > 0) topNLayerFreeze(model, depth - 1);
  const options = {
    ...{ epochs: 2, batchSize: 1 + random.integer(7), gradientAccumulation: 1 + random.integer(2) },
    ...{ learningRate: 1e-3, seed, maxGradNorm: random.uniform() < 0.5 ? 0.1 : 10, log: () => {} },
  };
  const train = toyRows(9 + random.integer(9), `train ${seed}`);
  const deeper = depth + random.integer(model.depth - depth);
  const numbers: number[] = [];
  for await (const event of fineTune(model, { train }, options)) {
    if (event.type === "step") numbers.push(event.loss, event.gradNorm);
    if (event.type === "epoch" && event.epoch === 1) topNLayerFreeze(model, deeper);
  }
  const { probabilities } = await predict(model, toyRows(11, `valid ${seed}`), {
    batchSize: 1 + random.integer(5),
  });
  model.dispose();
  return [...numbers, ...probabilities];
}

asOnGpu("A chaos of shapes", () => {
  for (let seed = 0; seed < 8; seed++)
    it(`gives the losses, norms and probabilities of plain JavaScript: ${FAMILIES[seed % FAMILIES.length]}, seed ${seed}`, async () => {
      const here = await drawnRun(seed, "tensorflow");
      const expected = await drawnRun(seed, "cpu");
      await useEngine("tensorflow");
      assert.ok(here.length >= 22 + 4);
      assertClose(here, expected, 1e-4);
    });
});
