import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { takeRows } from "../../src/data/takeRows";
import { topNLayerFreeze } from "../../src/freeze";
import { addLora } from "../../src/recipes/addLora";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { readAll } from "../readAll";
import { loadTiny, toyRows } from "./toyData";

const data = toyRows(12);

async function batchesRun(steps: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of steps) count++;
  return count;
}

/** Disposes both. */
function assertSameBits(...both: [FrozenFeatures, FrozenFeatures]): void {
  const [a, b] = both.map((features) => features.batch(data, [...data.inputIds.keys()], 20));
  assert.deepEqual(a.dataSync(), b.dataSync());
  tf.dispose([a, b]);
  for (const features of both) features.dispose();
}

onEveryFastEngine("FrozenFeatures", () => {
  it("holds what comes out of the first stages, row by row and padded with zeros", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    await batchesRun(features.prepare(data, 2, 5));
    const rows = [7, 2];
    const lengths = rows.map((row) => data.inputIds[row].length);
    const seq = Math.max(...lengths);
    const batch = features.batch(data, rows, seq);
    assert.deepEqual(batch.shape, [2 * seq, 32]);
    const values = batch.dataSync();
    for (const [r, row] of rows.entries()) {
      const { logits, hiddenStates } = model.forward(
        { inputIds: [[...data.inputIds[row]]] },
        { outputHiddenStates: true },
      );
      const start = r * seq * 32;
      // hidden state 1 is what block 0 gives: two stages are passed
      assertClose(values.subarray(start, start + lengths[r] * 32), hiddenStates[1], 1e-5);
      assert.ok(values.subarray(start + lengths[r] * 32, start + seq * 32).every((x) => x === 0));
      tf.dispose([logits, ...hiddenStates]);
    }
    batch.dispose();
    features.dispose();
    model.dispose();
  });

  it("keeps one row a text behind the last block", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    await batchesRun(features.prepare(data, 4, 5));
    const batch = features.batch(data, [0, 1, 2], 20);
    assert.deepEqual(batch.shape, [3, 32]);
    assert.deepEqual(features.bytes(), { memory: 12 * 32 * 4, disk: 0 });
    batch.dispose();
    features.dispose();
    model.dispose();
  });

  it("goes on from fewer stages and gives what a fresh start gives", async () => {
    const model = await loadTiny();
    const risen = new FrozenFeatures(model);
    for (const stages of [1, 2, 3]) await batchesRun(risen.prepare(data, stages, 4));
    const fresh = new FrozenFeatures(model);
    await batchesRun(fresh.prepare(data, 3, 12));
    const rows = data.inputIds.keys();
    const all = [...rows];
    const [a, b] = [risen.batch(data, all, 20), fresh.batch(data, all, 20)];
    assertClose(a, b, 1e-5);
    tf.dispose([a, b]);
    risen.dispose();
    fresh.dispose();
    model.dispose();
  });

  const families = [
    "bert",
    "roberta",
    "xlm-roberta",
    "distilbert",
    "electra",
    "albert",
    "deberta-v2",
    "modernbert",
  ];
  for (const family of families)
    it(`goes on from fewer stages to the very bits of a fresh start with the same batches: ${family}`, async () => {
      const model = await loadTiny(join(__dirname, "../fixtures/models", family));
      const last = model.stages.length - 1;
      const [risen, fresh] = [new FrozenFeatures(model), new FrozenFeatures(model)];
      for (let stages = 1; stages <= last; stages++) await batchesRun(risen.prepare(data, stages, 5));
      await batchesRun(fresh.prepare(data, last, 5));
      assertSameBits(risen, fresh);
      model.dispose();
    });

  it("starts anew for batches of another size, whose sums may differ in the last bit", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    assert.equal(await batchesRun(features.prepare(data, 2, 6)), 2);
    assert.equal(await batchesRun(features.prepare(data, 3, 4)), 3);
    assert.equal(await batchesRun(features.prepare(data, 3, 4)), 0);
    const fresh = new FrozenFeatures(model);
    await batchesRun(fresh.prepare(data, 3, 4));
    assertSameBits(features, fresh);
    model.dispose();
  });

  it("is ready at once while the frozen weights stay, and starts anew when one has changed", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    assert.equal(await batchesRun(features.prepare(data, 2, 6)), 2);
    assert.equal(await batchesRun(features.prepare(data, 2, 6)), 0);
    model.parameter("bert.encoder.layer.1.output.dense.bias").assign(tf.zeros([32]));
    assert.equal(await batchesRun(features.prepare(data, 2, 6)), 0);
    const before = features.batch(data, [0], 20);
    model.parameter("bert.encoder.layer.0.output.dense.bias").assign(tf.ones([32]));
    assert.equal(await batchesRun(features.prepare(data, 2, 6)), 2);
    const after = features.batch(data, [0], 20);
    assert.notDeepEqual(before.dataSync(), after.dataSync());
    tf.dispose([before, after]);
    features.dispose();
    model.dispose();
  });

  it("starts anew when an adapter is put on the last of what a stage reads", async () => {
    const model = await AutoModelForSequenceClassification.fromPretrained(
      join(__dirname, "../fixtures/models/modernbert"),
      { log: () => {} },
    );
    const features = new FrozenFeatures(model);
    assert.ok((await batchesRun(features.prepare(data, 2, 6))) > 0);
    assert.equal(await batchesRun(features.prepare(data, 2, 6)), 0);
    addLora(model, { targetModules: ["mlp.Wo"], layersToTransform: [0] });
    assert.ok((await batchesRun(features.prepare(data, 2, 6))) > 0);
    features.dispose();
    model.dispose();
  });

  it("keeps those of every depth where that is asked for, so that no depth is computed twice in any order", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model, { allDepths: true });
    for (const stages of [1, 2, 3]) assert.ok((await batchesRun(features.prepare(data, stages, 5))) > 0);
    const bytes = features.bytes().memory;
    for (const stages of [2, 3, 1, 3]) {
      assert.equal(await batchesRun(features.prepare(data, stages, 5)), 0);
      const fresh = new FrozenFeatures(model);
      await batchesRun(fresh.prepare(data, stages, 5));
      const all = [...data.inputIds.keys()];
      const [a, b] = [features.batch(data, all, 20), fresh.batch(data, all, 20)];
      assert.deepEqual(a.dataSync(), b.dataSync());
      tf.dispose([a, b]);
      fresh.dispose();
    }
    assert.equal(features.bytes().memory, bytes);
    features.dispose();
    assert.equal(features.bytes().memory, 0);
    model.dispose();
  });

  it("computes anew what lies above a changed weight, of every depth, and leaves what lies below", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model, { allDepths: true });
    for (const stages of [1, 2, 3]) await batchesRun(features.prepare(data, stages, 6));
    model.parameter("bert.encoder.layer.0.output.dense.bias").assign(tf.ones([32]));
    assert.equal(await batchesRun(features.prepare(data, 1, 6)), 0);
    for (const stages of [3, 2]) {
      assert.equal(await batchesRun(features.prepare(data, stages, 6)), 2);
      const fresh = new FrozenFeatures(model);
      await batchesRun(fresh.prepare(data, stages, 6));
      const [a, b] = [features.batch(data, [0], 20), fresh.batch(data, [0], 20)];
      assert.deepEqual(a.dataSync(), b.dataSync());
      tf.dispose([a, b]);
      fresh.dispose();
    }
    features.dispose();
    model.dispose();
  });

  it("keeps the features of several datasets side by side", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    const other = toyRows(4, "other");
    await batchesRun(features.prepare(data, 1, 6));
    await batchesRun(features.prepare(other, 1, 6));
    assert.equal(await batchesRun(features.prepare(data, 1, 6)), 0);
    const tokens = [...data.inputIds, ...other.inputIds].reduce((sum, ids) => sum + ids.length, 0);
    assert.equal(features.bytes().memory, tokens * 32 * 4);
    features.dispose();
    model.dispose();
  });

  it("tells folds cut out of one dataset apart, by hand or by takeRows, whatever hash they carry along", async () => {
    const model = await loadTiny();
    topNLayerFreeze(model, 1);
    const [first, second] = [
      [0, 1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10, 11],
    ];
    const byHand = (rows: number[]) => ({ ...data, inputIds: rows.map((row) => data.inputIds[row]) });
    const scored = async (features?: FrozenFeatures) => {
      const { epochs } = await fineTune(
        model,
        { train: takeRows(data, first), valid: takeRows(data, second) },
        { epochs: 1, batchSize: 6, learningRate: 0, features },
      );
      return epochs[0].validLoss;
    };
    const features = new FrozenFeatures(model);
    for (const rows of [first, second]) await batchesRun(features.prepare(byHand(rows), 2, 6));
    assert.equal(await scored(features), await scored());
    const all = [first, second].map((rows) => byHand(rows));
    for (const fold of all) assert.equal(await batchesRun(features.prepare(fold, 2, 6)), 0);
    const longest = Math.max(...data.inputIds.map(({ length }) => length));
    const [a, b] = all.map((fold) => features.batch(fold, [0], longest));
    assert.notDeepEqual(a.dataSync(), b.dataSync());
    tf.dispose([a, b]);
    features.dispose();
    model.dispose();
  });

  it("sees that rows were written over since the last epoch", async () => {
    const model = await loadTiny();
    const own = { ...data, inputIds: data.inputIds.map((ids) => ids.slice()) };
    const features = new FrozenFeatures(model);
    await batchesRun(features.prepare(own, 2, 6));
    own.inputIds[3].fill(11);
    assert.equal(await batchesRun(features.prepare(own, 2, 6)), 2);
    features.dispose();
    model.dispose();
  });

  it("is refused for another model than its own", async () => {
    const [model, other] = [await loadTiny(), await loadTiny()];
    const features = new FrozenFeatures(other);
    assert.throws(() => fineTune(model, { train: data }, { features }), {
      name: "InputError",
      message: "features: expected those of the model that is trained, got another model's",
    });
    for (const each of [model, other]) each.dispose();
  });

  it("moves to disk beyond its budget, gives the same values, and leaves neither tensor nor file", async () => {
    const { FROSTKIT_CACHE } = process.env;
    const folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
    process.env.FROSTKIT_CACHE = folder;
    try {
      const model = await loadTiny();
      readAll(model);
      const tensors = tf.memory().numTensors;
      const small = new FrozenFeatures(model, { memoryBytes: 4000 });
      const large = new FrozenFeatures(model);
      for (const features of [small, large]) await batchesRun(features.prepare(data, 1, 6));
      assert.ok(small.bytes().disk > 0 && small.bytes().memory <= 4000);
      const all = [...data.inputIds.keys()];
      const [a, b] = [small.batch(data, all, 20), large.batch(data, all, 20)];
      assertClose(a, b, 0);
      tf.dispose([a, b]);
      for await (const _ of small.prepare(data, 2, 2)) break; // left half-way
      small.dispose();
      large.dispose();
      assert.deepEqual(readdirSync(folder), []);
      assert.equal(tf.memory().numTensors, tensors);
      model.dispose();
    } finally {
      rmSync(folder, { recursive: true });
      if (FROSTKIT_CACHE === undefined) delete process.env.FROSTKIT_CACHE;
      else process.env.FROSTKIT_CACHE = FROSTKIT_CACHE;
    }
  });
});
