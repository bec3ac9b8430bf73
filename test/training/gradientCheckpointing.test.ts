import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import type { Dataset } from "../../src/data/Rows";
import { peakBytes } from "../../src/engine/peakBytes";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import type { Head } from "../../src/models/Head";
import { addLora } from "../../src/recipes/addLora";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { variant } from "../models/variant";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { readAll } from "../readAll";
import { dropoutRates, FAMILIES } from "./dropoutRates";
import { noiseImages } from "./noiseImages";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const rows = toyRows(24);
const options = { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 3 };

/** Trains a model and lets go of it: its losses, its weights and buffers, the most bytes that tensors held in a step. */
async function trained(
  model: Classifier,
  train: Dataset,
  own: FineTuneOptions,
  prepare: (model: Classifier) => void = () => {},
) {
  prepare(model);
  readAll(model);
  const before = tf.memory().numTensors;
  let peak = peakBytes();
  const losses: number[] = [];
  for await (const event of fineTune(model, { train }, { ...options, ...own }))
    if (event.type === "step") losses.push(event.loss);
    else if (event.type === "frozen") peak = peakBytes();
  const bytes = peak();
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
  const weights = Object.entries(model.stateDict()).map(([name, value]) => [name, value.dataSync().slice()]);
  model.dispose();
  return { losses, weights, bytes };
}

/** Asserts that a training gives the same to the bit with checkpointing, and says what share of its peak memory that takes. */
async function same(
  load: () => Promise<Classifier>,
  train: Dataset,
  own: FineTuneOptions = {},
  prepare?: (model: Classifier) => void,
): Promise<number> {
  const plain = await trained(await load(), train, own, prepare);
  const less = await trained(await load(), train, { ...own, gradientCheckpointing: true }, prepare);
  assert.deepEqual(less.losses, plain.losses);
  assert.deepEqual(less.weights, plain.weights);
  return less.bytes / plain.bytes;
}

const LONG = { ...rows, inputIds: rows.inputIds.map(() => new Int32Array(32).fill(7)) };
/** For the fixtures that know tokens below 60. */
const LOW = { ...rows, inputIds: rows.inputIds.map((ids) => ids.map((id) => id % 60)) };

const loadResnet = () =>
  AutoModelForImageClassification.fromPretrained(join(__dirname, "../fixtures/models/resnet18-narrow"), {
    classes: ["no", "yes"],
    log: () => {},
  });

onEveryFastEngine("gradientCheckpointing", (engine) => {
  for (const family of FAMILIES)
    it(`trains ${family}, dropout on, to the same losses and weights, bit for bit`, async () => {
      const folder = variant(family, dropoutRates(family));
      await same(() => loadTiny(folder), LOW);
    });

  it("takes less memory at its peak, the more so the more blocks there are", async () => {
    const shares: number[] = [];
    for (const num_hidden_layers of [2, 4, 8]) {
      const folder = variant("albert", { ...dropoutRates("albert"), num_hidden_layers });
      shares.push(await same(() => loadTiny(folder), LONG, { batchSize: 24, epochs: 1 }));
    }
    const [few, more, many] = shares;
    assert.ok(few > more && more > many && many < 0.5, `${shares}`);
  });

  it("goes with frozen stages, kept or run at every step, and with blocks that freeze and thaw between epochs", async () => {
    const load = () => loadTiny(tinyWithDropout());
    for (const frozenDropout of [false, true])
      await same(load, rows, { frozenDropout }, (model) => topNLayerFreeze(model, 1));
    await same(load, rows, { unfreeze: [2, -1] });
  });

  it("goes with gradients that are frozen in the middle of a model, or of a block", async () => {
    await same(
      () => loadTiny(tinyWithDropout()),
      rows,
      {},
      (model) => {
        for (const [name, parameter] of model.namedParameters())
          parameter.requiresGrad = !/layer\.1\.|layer\.2\.attention/.test(name);
      },
    );
  });

  it("goes with gradients of several batches, adapters, and heads that read several layers", async () => {
    const load = () => loadTiny(tinyWithDropout());
    await same(load, rows, { gradientAccumulation: 3 });
    await same(load, rows, {}, (model) => addLora(model as never, { rank: 2, dropout: 0.1 }));
    const head: Head = { pooling: "attention", lastLayers: 3, dropoutSamples: 2 };
    for (const family of ["bert", "deberta-v2"]) {
      const folder = variant(family, dropoutRates(family));
      await same(() => loadTiny(folder, { head } as never), rows);
    }
  });

  it("goes with bfloat16", { skip: withoutHalf(engine) }, async () => {
    await same(() => loadTiny(tinyWithDropout()), rows, { precision: "bf16" });
  });

  it("moves the running statistics of a ResNet once a step", async () => {
    const own = { batchSize: 4, epochs: 1 };
    const images = noiseImages(8, 32);
    await same(loadResnet, images, own);
    await same(loadResnet, images, own, (model) => topNLayerFreeze(model, 1));
    const { weights } = await trained(await loadResnet(), images, { ...own, gradientCheckpointing: true });
    const counts = weights.filter(([name]) => /num_batches_tracked$/.test(name as string));
    assert.ok(counts.length > 0);
    for (const [name, [count]] of counts as [string, Float32Array][]) assert.equal(count, 2, name);
  });
});
