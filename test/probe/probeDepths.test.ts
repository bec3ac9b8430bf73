import assert from "node:assert/strict";
import { join } from "node:path";
import { it, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { rowsOf } from "../../src/data/rowsOf";
import { takeRows } from "../../src/data/takeRows";
import type { EncodedDataset } from "../../src/data/tokenize";
import type { Head, Pooling } from "../../src/models/Head";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { depthFeatures } from "../../src/probe/depthFeatures";
import { probeDepths } from "../../src/probe/probeDepths";
import { assertClose } from "../close";
import { onEveryEngine, onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyBert, toyRows } from "../training/toyData";

const train = toyRows(90);
const valid = toyRows(40, "valid");

const load = (head?: Head | Pooling, family = "bert") =>
  AutoModelForSequenceClassification.fromPretrained(join(tinyBert, "..", family), {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log: () => {},
    head,
  });

/** Features of all rows at each depth, in the rows' order. */
async function featuresOf(model: SequenceClassifier, data: EncodedDataset, batchSize: number) {
  const all: Float32Array[][] = [];
  for await (const { numbers, depths } of depthFeatures(model, rowsOf(data), batchSize))
    numbers.forEach((row, r) => {
      all[row] = depths.map((features) => {
        const width = features.length / numbers.length;
        return features.subarray(r * width, (r + 1) * width);
      });
    });
  return all;
}

function normed(row: number[], scale: ArrayLike<number>): number[] {
  const mean = row.reduce((a, b) => a + b) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  return row.map((x, i) => ((x - mean) / Math.sqrt(variance + 1e-5)) * scale[i]);
}

/** The hidden states of one row, pooled by hand. */
async function pooledByHand(model: SequenceClassifier, ids: Int32Array, pooling: "cls" | "mean" | "max") {
  const { logits, hiddenStates } = model.forward({ inputIds: [[...ids]] }, { outputHiddenStates: true });
  const scale = model.modelType === "modernbert" ? model.parameter("model.final_norm.weight") : null;
  const depths = hiddenStates.map((state, n) => {
    let rows = (state.arraySync() as number[][][])[0];
    // Its head norms what it reads; of the hidden states that a forward gives, the last alone is normed.
    if (scale && n < model.depth) rows = rows.map((row) => normed(row, scale.value.dataSync()));
    if (pooling === "cls") return rows[0];
    return rows[0].map((_, i) => {
      const column = rows.map((row) => row[i]);
      return pooling === "max" ? Math.max(...column) : column.reduce((a, b) => a + b) / rows.length;
    });
  });
  tf.dispose([logits, ...hiddenStates]);
  return depths;
}

onEveryEngine("depthFeatures", () => {
  for (const [what, head, family, pooling] of [
    ["the first token, as the family's head reads it", undefined, "bert", "cls"],
    ["the mean", "mean", "bert", "mean"],
    ["the maximum", "max", "bert", "max"],
    ["of its own layer where the head reads two", { pooling: "mean", lastLayers: 2 }, "bert", "mean"],
    ["of DeBERTa", undefined, "deberta-v2", "cls"],
    ["of ModernBERT, normed as its head norms it", undefined, "modernbert", "cls"],
    ["of ModernBERT with another head", "mean", "modernbert", "mean"],
  ] as [string, Head | Pooling | undefined, string, "cls" | "mean" | "max"][])
    it(`are the hidden states of each depth, pooled: ${what}`, async () => {
      const model = await load(head, family);
      const data = takeRows(train, [0, 1, 2, 3, 4]);
      // Weights are read where they are first used.
      await featuresOf(model, data, 3);
      const tensors = tf.memory().numTensors;
      const features = await featuresOf(model, data, 3);
      assert.equal(features.length, 5);
      assert.equal(tf.memory().numTensors, tensors);
      for (const row of [0, 4]) {
        const wanted = await pooledByHand(model, data.inputIds[row], pooling);
        assert.equal(features[row].length, model.depth + 1);
        for (const [n, states] of wanted.entries()) assertClose(features[row][n], states, 1e-4);
      }
      model.dispose();
    });
});

onEveryFastEngine("probeDepths", () => {
  it("gives each depth's accuracy and LogME, the same each time and on other batches, and leaves no tensor", async () => {
    const model = await loadTiny();
    await probeDepths(model, { train, valid });
    const tensors = tf.memory().numTensors;
    const seen: number[][] = [];
    const onProgress = (...counts: number[]) => seen.push(counts);
    const depths = await probeDepths(model, { train, valid }, { batchSize: 32, onProgress });
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(
      depths.map(({ n, metric }) => [n, metric]),
      [0, 1, 2, 3].map((n) => [n, "accuracy"]),
    );
    for (const { score, logMe } of depths) {
      assert.ok(score >= 0 && score <= 1 && Number.isInteger(Math.round(score * 40 * 1e9) / 1e9), `${score}`);
      assert.ok(Number.isFinite(logMe));
    }
    for (const { n, variability } of depths)
      assert.ok(n === 0 ? variability === null : variability! > 0, `N = ${n}: ${variability}`);
    // Before the first block the first token is the same in all rows, so that its probe can but name the commonest class.
    const evens = ({ labels }: EncodedDataset) =>
      (labels as { ids: Int32Array }).ids.reduce((a, b) => a + b, 0);
    const share = evens(valid) / 40;
    assert.equal(depths[0].score, evens(train) > 45 ? share : 1 - share);
    assert.deepEqual(
      seen,
      [32, 64, 90, 122, 130].map((done) => [done, 130]),
    );
    assert.deepEqual(await probeDepths(model, { train, valid }, { batchSize: 32 }), depths);
    const others = await probeDepths(model, { train, valid }, { batchSize: 7 });
    assertClose(
      others.map(({ logMe }) => logMe),
      depths.map(({ logMe }) => logMe),
      1e-4,
    );
    model.dispose();
  });

  it("tells classes that differ in what the features hold, where chance gives one half", async () => {
    const model = await load("mean");
    // The tokens of a row are 30 and above in one class alone.
    const told = (data: EncodedDataset): EncodedDataset => ({
      ...data,
      inputIds: data.inputIds.map((ids, row) => ids.map((id) => (id < 10 ? id : row % 2 ? 20 : 60))),
      labels: { ...data.labels!, ids: Int32Array.from(data.inputIds, (_, row) => row % 2) } as never,
    });
    const depths = await probeDepths(model, { train: told(train), valid: told(valid) });
    for (const { score } of depths) assert.equal(score, 1);
    const blind = await probeDepths(model, {
      train: { ...told(train), labels: train.labels },
      valid: { ...told(valid), labels: valid.labels },
    });
    for (const [n, { logMe, variability }] of blind.entries()) {
      assert.ok(logMe < depths[n].logMe - 0.5);
      assert.ok(variability! > 10 * depths[n].variability!);
    }
    model.dispose();
  });

  it("stops between two batches, without a tensor left", async () => {
    const model = await loadTiny();
    await probeDepths(model, { train, valid });
    const tensors = tf.memory().numTensors;
    for (const at of [10, 90, 100]) {
      const abort = new AbortController();
      let last = 0;
      const onProgress = (done: number) => {
        last = done;
        if (done === at) abort.abort(new Error("enough"));
      };
      const { signal } = abort;
      await assert.rejects(
        probeDepths(model, { train, valid }, { batchSize: 10, signal, onProgress }),
        /enough/,
      );
      assert.equal(last, at);
    }
    assert.equal(tf.memory().numTensors, tensors);
    model.dispose();
  });

  it("names the row where a hidden state is no number", async () => {
    const model = await loadTiny();
    const table = model.parameter("bert.encoder.layer.1.output.dense.bias");
    table.assign(tf.fill(table.shape, Number.NaN));
    await assert.rejects(
      probeDepths(model, { train, valid }),
      /^FrostError: expected finite hidden states, got NaN in row \d+ at N = 2; /,
    );
    model.dispose();
  });
});

test("A regression is judged by rmse, and several labels a row by how many rows have all of them right", async () => {
  const options = { ignoreMismatchedSizes: true, log: () => {} };
  const share = (data: EncodedDataset): EncodedDataset => ({
    ...data,
    labels: { problemType: "regression", values: Float32Array.from(data.inputIds, (ids) => ids.length) },
  });
  const numbers = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
    ...options,
    numLabels: 1,
    problemType: "regression",
    head: "mean",
  });
  for (const { metric, score, variability } of await probeDepths(numbers, {
    train: share(train),
    valid: share(valid),
  })) {
    assert.equal(metric, "rmse");
    assert.ok(score > 0 && score < 20);
    assert.equal(variability, null);
  }
  numbers.dispose();
  const both = (data: EncodedDataset): EncodedDataset => ({
    ...data,
    labels: {
      problemType: "multi_label_classification",
      classes: ["first", "never"],
      values: Float32Array.from({ length: 2 * data.inputIds.length }, (_, i) => (i % 4 === 0 ? 1 : 0)),
    },
  });
  const labels = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
    ...options,
    classes: ["first", "never"],
    problemType: "multi_label_classification",
  });
  for (const { metric, score, logMe } of await probeDepths(labels, {
    train: both(train),
    valid: both(valid),
  })) {
    assert.equal(metric, "accuracy");
    assert.ok(score >= 0 && score <= 1);
    assert.ok(Number.isFinite(logMe));
  }
  labels.dispose();
});

test("A head that learns how to pool is refused, and rows without labels are", async () => {
  const model = await load("attention");
  await assert.rejects(
    probeDepths(model, { train, valid }),
    /^InputError: probeDepths: model: expected one that reads texts and pools by "cls", "mean", "max" or "meanMax", got a head that learns how to pool; load it with head: "mean"$/,
  );
  await assert.rejects(
    probeDepths(model, { train, valid: { ...valid, labels: null } }),
    /probeDepths: valid: expected rows with labels/,
  );
  await assert.rejects(
    probeDepths(model, { train } as never),
    /^InputError: data\.valid: expected a dataset/,
  );
  model.dispose();
});
