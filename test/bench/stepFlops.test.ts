import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { randomRows } from "../../src/data/randomRows";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { fineTune } from "../../src/training/fineTune";
import { randomCheckpoint } from "./randomCheckpoint";
import {
  blockParameters,
  blockProducts,
  estimatedFlops,
  productRate,
  type StepSize,
  stepFlops,
} from "./stepFlops";

const mini = join(__dirname, "../fixtures/mini-bert-en");

/** Operations of all matrix products that tfjs sees in one step, from their shapes: [batch …, m, k] by [batch …, k, n]. */
async function countedFlops({ layers, hidden, rows, tokens }: StepSize): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-flops-"));
  try {
    randomCheckpoint(folder, mini, { layers, hidden });
    const model = await AutoModelForSequenceClassification.fromPretrained(folder, { log: () => {} });
    topNLayerFreeze(model, 0);
    const { kernels } = await tf.profile(async () => {
      await fineTune(model, { train: randomRows(rows, tokens, 30522) }, { epochs: 1, batchSize: rows });
      return [];
    });
    model.dispose();
    return kernels
      .filter(({ name }) => name === "BatchMatMul")
      .reduce((sum, { inputShapes, outputShapes: [y] }) => {
        const [a, b, made] = [...inputShapes, y].map((shape) => tf.util.sizeFromShape(shape!));
        const batch = tf.util.sizeFromShape(y.slice(0, -2));
        return sum + 2 * made * Math.sqrt((a * b) / made / batch);
      }, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("The count is that of the products a step really runs, whatever its rows, tokens, layers and width.", async () => {
  await useEngine("cpu");
  const size = { layers: 2, hidden: 64, rows: 3, tokens: 5 };
  for (const other of [{}, { rows: 1 }, { tokens: 9 }, { layers: 1 }, { layers: 3 }, { hidden: 128 }])
    assert.equal(await countedFlops({ ...size, ...other }), stepFlops({ ...size, ...other }));
});

test("BERT-base's blocks hold 85 million parameters: the checkpoint's less embeddings, pooler and classifier.", () => {
  assert.equal(blockParameters({ layers: 12, hidden: 768 }), 85_054_464);
});

test("A block's parameters are those of a checkpoint's.", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-flops-"));
  const [one, two] = [1, 2].map((layers) =>
    randomCheckpoint(join(folder, `${layers}`), mini, { layers, hidden: 64 }),
  );
  assert.equal(two - one, blockParameters({ layers: 1, hidden: 64 }));
  rmSync(folder, { recursive: true });
});

test("The estimate by parameters and tokens is two operations for each, forward and twice backward.", () => {
  assert.equal(estimatedFlops(85_054_464, 8 * 128), 2 * 85_054_464 * 1024 * 3);
});

test("For wide models of many layers, where attention and the last block weigh little, count and estimate are close.", () => {
  const size = { layers: 48, hidden: 2048, rows: 8, tokens: 128 };
  const ratio = stepFlops(size) / estimatedFlops(blockParameters(size), size.rows * size.tokens);
  assert.ok(ratio > 0.97 && ratio < 1, `${ratio}`);
});

test("A block's dense products hold what the estimate counts, less biases and norms.", () => {
  const size = { layers: 12, hidden: 768, rows: 8, tokens: 128 };
  const flops = blockProducts(size).reduce((sum, { m, k, n, count }) => sum + 2 * m * k * n * count, 0);
  assert.equal(flops, estimatedFlops(12 * 768 ** 2, 8 * 128));
});

test("The products lie as a dense layer has them: x · Wᵀ forward, dy · W and dyᵀ · x backward.", () => {
  const [forward, ofInput, ofWeight] = blockProducts({ layers: 1, hidden: 64, rows: 2, tokens: 3 }).slice(
    3,
    6,
  );
  assert.deepEqual(forward, { m: 6, k: 64, n: 256, transposeB: true, count: 1 });
  assert.deepEqual(ofInput, { m: 6, k: 256, n: 64, count: 1 });
  assert.deepEqual(ofWeight, { m: 256, k: 6, n: 64, transposeA: true, count: 1 });
});

test("A rate weighs each product by how often it stands in the step.", () => {
  const product = { m: 10, k: 10, n: 10 };
  const rate = productRate(
    [
      { ...product, count: 3 },
      { ...product, count: 1 },
    ],
    [1, 5],
  );
  assert.equal(rate, (4 * 2000) / (3 * 1 + 5));
});
