import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import type { Labels } from "../../src/data/labels";
import type { Dataset } from "../../src/data/Rows";
import { rowsOf } from "../../src/data/rowsOf";
import type { EncodedDataset } from "../../src/data/tokenize";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import type { Head, Pooling } from "../../src/models/Head";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { Pretrained } from "../../src/sweep/Pretrained";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { allLogits } from "../../src/training/predict";
import { imagesOf, transformTo } from "../data/images";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

const train = toyRows(50);
const valid = toyRows(20, "valid");
const log = () => {};

/** Trains without moving a weight, so that the head stays what it started as. */
const still: FineTuneOptions = { headInit: "probe", epochs: 1, batchSize: 16, learningRate: 0, log };

const load = (
  family: string,
  more: Parameters<typeof AutoModelForSequenceClassification.fromPretrained>[1] = {},
) =>
  AutoModelForSequenceClassification.fromPretrained(join(tinyBert, "..", family), {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log,
    ...more,
  });

const logitsOf = (model: Classifier, data: Dataset) =>
  allLogits(model, rowsOf(data), { batchSize: 64, precision: "fp32" } as never);

const layerOf = (model: Classifier) => model.stages.at(-1)!.lastLayer!.layer;

const headOf = async (model: Classifier) => {
  const { weight, bias } = layerOf(model);
  return [...(await weight.data()), ...(await bias.data())];
};

/** What the last layer reads, [rows][width], seen from outside: the logits that layers of ones and zeros give. */
async function inputsOfLastLayer(model: Classifier, data: Dataset): Promise<number[][]> {
  const { weight, bias } = layerOf(model);
  const [outputs, width] = weight.shape;
  const [w, b] = [weight.snapshot(), bias.snapshot()];
  bias.assign(tf.zeros([outputs]));
  const rows: number[][] = rowsOf(data).inputs.map(() => []) as number[][];
  for (let start = 0; start < width; start += outputs) {
    const ones = Array.from({ length: outputs * width }, (_, i) =>
      i % width === start + Math.floor(i / width) ? 1 : 0,
    );
    weight.assign(tf.tensor(ones, weight.shape));
    const logits = await logitsOf(model, data);
    for (const [r, row] of rows.entries())
      for (let c = 0; c < outputs && start + c < width; c++) row.push(logits[r * outputs + c]);
  }
  weight.restore(w);
  bias.restore(b);
  for (const each of [w, b]) each.dispose();
  return rows;
}

/** Solves A X = B by elimination. */
function solved(a: number[][], b: number[][]): number[][] {
  const rows = a.map((row, i) => [...row, ...b[i]]);
  const n = a.length;
  for (let k = 0; k < n; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? i + k : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j < rows[i].length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return rows.map((row, i) => row.slice(n).map((value) => value / row[i]));
}

const times = (a: number[][], b: number[][]) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
const transposed = (a: number[][]) => a[0].map((_, j) => a.map((row) => row[j]));
const meanOf = (a: number[][]) => a[0].map((_, j) => a.reduce((sum, row) => sum + row[j], 0) / a.length);

/** Ridge regression by dense matrices, and what it says of rows when each has been left out by the generalised rule. */
function denseRidge(x: number[][], y: number[][], noise = 0) {
  const [mx, my] = [meanOf(x), meanOf(y)];
  const xc = x.map((row) => row.map((value, i) => value - mx[i]));
  const yc = y.map((row) => row.map((value, i) => value - my[i]));
  const xt = transposed(xc);
  const gram = times(xt, xc);
  const mean = gram.reduce((sum, row, i) => sum + row[i], 0) / gram.length;
  let best = { score: Number.POSITIVE_INFINITY, weights: [] as number[][], freedom: 0 };
  for (let i = 0; i < 17; i++) {
    const strength = (k: number) => {
      if (noise === 0) return mean * 10 ** (2 - i / 2);
      return noise * 10 ** (4 - i / 4) * x.reduce((sum, row) => sum + row[k] ** 2, 0);
    };
    const all = solved(
      gram.map((row, k) => row.map((value, j) => value + (j === k ? strength(k) : 0))),
      times(xt, yc).map((row, k) => [...row, ...xt[k]]),
    );
    const weights = all.map((row) => row.slice(0, y[0].length));
    const hat = times(
      xc,
      all.map((row) => row.slice(y[0].length)),
    );
    const freedom = 1 + hat.reduce((sum, row, k) => sum + row[k], 0);
    const fitted = times(xc, weights);
    const rest = fitted.reduce((sum, row, r) => sum + row.reduce((s, v, c) => s + (yc[r][c] - v) ** 2, 0), 0);
    const score = rest / (x.length - freedom) ** 2;
    if (score < best.score) best = { score, weights, freedom };
  }
  const { weights, freedom } = best;
  const fit = (rows: number[][]) =>
    times(
      rows.map((row) => row.map((value, i) => value - mx[i])),
      weights,
    ).map((row) => row.map((value, c) => value + my[c]));
  const apart = x.length / (x.length - freedom);
  const leftOut = fit(x).map((row, r) => row.map((value, c) => y[r][c] - apart * (y[r][c] - value)));
  return { fit, leftOut };
}

/** The least of a convex function, by thirds. */
function least(f: (scale: number) => number): number {
  let [low, high] = [0, 100];
  for (let i = 0; i < 200; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return low;
}

const crossEntropy = (logits: number[], targets: number[]) => {
  const largest = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - largest), 0)) + largest;
  return targets.reduce((sum, target, c) => sum + target * (total - logits[c]), 0);
};

const oneHot = (data: Dataset) => Array.from((data.labels as { ids: Int32Array }).ids, (id) => [1 - id, id]);

/** The logits of `rows` that a probe's solution gives, by dense arithmetic alone, of one class a row. */
function expectedLogits(
  x: number[][],
  y: number[][],
  rows: number[][],
  { weights = [1, 1], smoothing = 0, noise = 0 } = {},
) {
  const { fit, leftOut } = denseRidge(x, y, noise);
  const doubt = 1 - ((1 - smoothing) * x.length) / (x.length + 1);
  const shifts = weights.map(Math.log);
  const scale = least((scale) =>
    leftOut.reduce((sum, row, r) => {
      const own = weights[y[r].indexOf(1)];
      const targets = y[r].map((one, c) => one * own * (1 - doubt) + (weights[c] * doubt) / 2);
      return (
        sum +
        crossEntropy(
          row.map((value, c) => scale * value + shifts[c]),
          targets,
        )
      );
    }, 0),
  );
  return fit(rows).map((row) => row.map((value, c) => scale * value + shifts[c]));
}

function assertNear(got: ArrayLike<number>, wanted: number[], share: number): void {
  const largest = Math.max(...wanted.map(Math.abs));
  assert.equal(got.length, wanted.length);
  for (const [i, value] of wanted.entries())
    assert.ok(Math.abs(got[i] - value) <= share * largest, `number ${i}: expected ${value}, got ${got[i]}`);
}

onEveryFastEngine("headInit: probe", (engine) => {
  it("gives the last layer what dense arithmetic finds on what it reads, and leaves no tensor", async () => {
    const model = await loadTiny();
    const x = await inputsOfLastLayer(model, train);
    const wanted = expectedLogits(x, oneHot(train), await inputsOfLastLayer(model, valid));
    // Weights are read where they are first used.
    await fineTune(model, { train }, still);
    const tensors = tf.memory().numTensors;
    await fineTune(model, { train }, still);
    assert.equal(tf.memory().numTensors, tensors);
    assertNear(await logitsOf(model, valid), wanted.flat(), 1e-3);
    model.dispose();
  });

  for (const [what, family, head] of [
    ["BERT's pooler from the checkpoint", "bert", undefined],
    ["RoBERTa's dense layer, drawn by the seed", "roberta", undefined],
    ["DistilBERT's pre_classifier", "distilbert", undefined],
    ["ELECTRA's dense layer", "electra", undefined],
    ["DeBERTa's pooler", "deberta-v2", undefined],
    ["ModernBERT's dense layer and norm", "modernbert", undefined],
    ["ModernBERT's mean", "modernbert-mean", undefined],
    ["the mean of another head", "bert", "mean"],
    ["two layers side by side, the last one normed", "modernbert", { pooling: "mean", lastLayers: 2 }],
    ["the maximum", "albert", "max"],
    ["mean and maximum", "bert", "meanMax"],
    ["the sum of layers", "bert", { pooling: "mean", lastLayers: 2, useWeightedLayerSum: true }],
    ["the first rows", "bert", { pooling: "firstRows", rows: 2 }],
  ] as [string, string, Head | Pooling | undefined][])
    it(`fits what the last layer reads behind ${what}`, async () => {
      const model = await load(family, { head });
      const known = (data: EncodedDataset) => ({
        ...data,
        inputIds: data.inputIds.map((ids) => ids.map((id) => id % (model.config.vocab_size as number))),
      });
      const [few, fresh] = [known(train), known(valid)];
      const x = await inputsOfLastLayer(model, few);
      // Heads of the kit's own drop a tenth unless told otherwise; the fixtures' families drop nothing.
      const noise = head ? 1 / 9 : 0;
      const wanted = expectedLogits(x, oneHot(few), await inputsOfLastLayer(model, fresh), { noise });
      await fineTune(model, { train: few }, still);
      assertNear(await logitsOf(model, fresh), wanted.flat(), 2e-3);
      model.dispose();
    });

  it("fits a ResNet's pooled channels", async () => {
    const folder = await imagesOf("toy", { blue: [60, 60, 180], red: [180, 60, 60] }, { count: 6 });
    const images = await encodeImages(await imageFolder(folder, { log }), transformTo(64), {
      augment: { scale: [0.3, 1] },
    });
    const model = await AutoModelForImageClassification.fromPretrained(join(tinyBert, "../resnet18-narrow"), {
      classes: ["blue", "red"],
      log,
    });
    const x = await inputsOfLastLayer(model, images);
    // The probe sees the images themselves, the training random views of them, which move no statistics where all but the head is frozen.
    topNLayerFreeze(model, 4);
    await fineTune(model, { train: images }, still);
    assertNear(await logitsOf(model, images), expectedLogits(x, oneHot(images), x).flat(), 2e-3);
    model.dispose();
  });

  it("takes into account the dropout that is in front of the layer while it trains", async () => {
    for (const [head, noise] of [
      [{ pooling: "mean", dropout: 0.3 }, 3 / 7],
      [{ pooling: "mean", dropout: 0.3, dropoutSamples: 4 }, 3 / 28],
      [undefined, 1 / 9],
    ] as [Head | undefined, number][]) {
      const folder = tinyWithDropout();
      const model = await AutoModelForSequenceClassification.fromPretrained(folder, {
        classes: ["odd", "even"],
        ignoreMismatchedSizes: true,
        log,
        head,
      });
      const x = await inputsOfLastLayer(model, train);
      const wanted = expectedLogits(x, oneHot(train), await inputsOfLastLayer(model, valid), { noise });
      await fineTune(model, { train }, still);
      assertNear(await logitsOf(model, valid), wanted.flat(), 2e-3);
      model.dispose();
    }
  });

  it("scales by the loss that is trained: with class weights and smoothed labels", async () => {
    const model = await loadTiny();
    const x = await inputsOfLastLayer(model, train);
    const rows = await inputsOfLastLayer(model, valid);
    for (const [classWeights, labelSmoothing] of [
      [[1, 4], 0],
      [[1, 1], 0.3],
      [[3, 0.5], 0.1],
    ] as [number[], number][]) {
      await fineTune(model, { train }, { ...still, classWeights, labelSmoothing });
      const wanted = expectedLogits(x, oneHot(train), rows, {
        weights: classWeights,
        smoothing: labelSmoothing,
      });
      assertNear(await logitsOf(model, valid), wanted.flat(), 1e-3);
    }
    model.dispose();
  });

  it("fits numbers as they are, and each of several labels around one half", async () => {
    const numbers = await load("bert", {
      classes: undefined,
      numLabels: 1,
      problemType: "regression",
      head: "mean",
    });
    const x = await inputsOfLastLayer(numbers, train);
    const lengths = train.inputIds.map(({ length }) => [length]);
    const labels: Labels = { problemType: "regression", values: Float32Array.from(lengths.flat()) };
    await fineTune(numbers, { train: { ...train, labels } }, still);
    assertNear(
      await logitsOf(numbers, train),
      denseRidge(x, lengths, 1 / 9)
        .fit(x)
        .flat(),
      1e-3,
    );
    numbers.dispose();

    const classes = ["even", "long"];
    const both = await load("bert", { classes, problemType: "multi_label_classification" });
    const pooled = await inputsOfLastLayer(both, train);
    const y = train.inputIds.map(({ length }, row) => [
      (train.labels as { ids: Int32Array }).ids[row],
      length > 10 ? 1 : 0,
    ]);
    const values = Float32Array.from(y.flat());
    const several: Labels = { problemType: "multi_label_classification", classes, values };
    await fineTune(both, { train: { ...train, labels: several } }, still);
    const { fit, leftOut } = denseRidge(pooled, y);
    const doubt = 1 / 51;
    const scale = least((scale) =>
      leftOut.reduce(
        (sum, row, r) =>
          sum +
          row.reduce((s, value, c) => {
            const target = y[r][c] * (1 - doubt) + doubt / 2;
            return s + Math.log1p(Math.exp(scale * (value - 0.5))) - target * scale * (value - 0.5);
          }, 0),
        0,
      ),
    );
    const wanted = fit(pooled).flatMap((row) => row.map((value) => scale * (value - 0.5)));
    assertNear(await logitsOf(both, train), wanted, 1e-3);
    both.dispose();
  });

  it("is the same bit for bit at every depth and seed, from cached features or none, and one forward serves all", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    // As a sweep does: weights that a training has moved are put back.
    const pretrained = new Pretrained(model);
    await pretrained.hold();
    let first: number[] | null = null;
    let forwards = 0;
    for (const n of [-1, 0, 2, 3])
      for (const seed of [0, 1]) {
        // Alone, and with what earlier runs have left.
        for (const shared of [{}, { features }]) {
          model.reinitialize(seed);
          if (n >= 0) topNLayerFreeze(model, n);
          const run = fineTune(model, { train, valid }, { ...still, ...shared, seed });
          let seen = 0;
          for await (const event of run) if (event.type === "head") seen = event.done;
          if (shared.features) forwards += seen;
          else assert.equal(seen, 50);
          first ??= await headOf(model);
          assert.deepEqual(await headOf(model), first, `n = ${n}, seed ${seed}`);
          pretrained.restoreWeights();
        }
      }
    assert.equal(forwards, 50);
    assert.ok(features.bytes().memory > 0);
    features.dispose();
    assert.equal(features.bytes().memory, 0);
    pretrained.dispose();
    model.dispose();
  });

  it("depends on the seed only where it draws a layer in front of the last one", async () => {
    const withoutDense = mkdtempSync(join(tmpdir(), "frostkit-roberta-"));
    const roberta = join(tinyBert, "../roberta");
    copyFileSync(join(roberta, "config.json"), join(withoutDense, "config.json"));
    const bytes = readFileSync(join(roberta, "model.safetensors")).toString("latin1");
    const renamed = bytes.replaceAll("classifier.dense", "classifier.other");
    writeFileSync(join(withoutDense, "model.safetensors"), renamed, "latin1");
    for (const [folder, same] of [
      [tinyBert, true],
      [withoutDense, false],
    ] as const) {
      const heads: number[][] = [];
      for (const seed of [0, 0, 1]) {
        const model = await loadTiny(folder, { seed });
        await fineTune(model, { train }, { ...still, seed });
        heads.push(await headOf(model));
        model.dispose();
      }
      assert.deepEqual(heads[1], heads[0]);
      assert.equal(String(heads[2]) === String(heads[0]), same, folder);
    }
    rmSync(withoutDense, { recursive: true });
  });

  it("computes pooled rows anew where a weight below the head has changed, or the rows have", async () => {
    const model = await loadTiny();
    topNLayerFreeze(model, 3);
    const features = new FrozenFeatures(model);
    const forward = async (data: EncodedDataset, more: FineTuneOptions = {}) => {
      let seen = 0;
      for await (const event of fineTune(model, { train: data }, { ...still, features, ...more }))
        if (event.type === "head") seen = event.done;
      return seen;
    };
    assert.equal(await forward(train), 50);
    assert.equal(await forward(train, { labelSmoothing: 0.2 }), 0);
    const flipped = { ...train.labels, ids: (train.labels as { ids: Int32Array }).ids.map((id) => 1 - id) };
    const { ...before } = await headOf(model);
    assert.equal(await forward({ ...train, labels: flipped as never }), 50);
    assert.notDeepEqual({ ...(await headOf(model)) }, before);
    const norm = model.parameter("bert.encoder.layer.0.output.LayerNorm.bias");
    norm.assign(tf.ones(norm.shape));
    assert.equal(await forward({ ...train, labels: flipped as never }), 50);
    features.dispose();
    model.dispose();
  });

  it("begins with a loss below that of a drawn head, and goes on learning from there", async () => {
    const told = (data: EncodedDataset): EncodedDataset => ({
      ...data,
      inputIds: data.inputIds.map((ids, row) =>
        ids.map((id) => (id < 10 ? id : row % 3 ? 20 + (id % 5) : 22 + (id % 5))),
      ),
      labels: {
        ...data.labels!,
        ids: Int32Array.from(data.inputIds, (_, row) => (row % 3 ? 0 : 1)),
      } as never,
    });
    const first: number[] = [];
    for (const headInit of ["random", "probe"] as const) {
      const model = await load("bert", { head: "mean" });
      const rows = { train: told(train), valid: told(valid) };
      const run = fineTune(model, rows, { ...still, headInit, epochs: 3, learningRate: 1e-4 });
      for await (const event of run) if (event.type === "step" && event.step === 1) first.push(event.loss);
      const { epochs } = await run;
      assert.ok(epochs[2].trainLoss < epochs[0].trainLoss);
      model.dispose();
    }
    assert.ok(first[1] < first[0] / 2, first.join(" "));
  });

  it("goes on bit for bit where it was stopped, also while the head was made ready", async () => {
    const options: FineTuneOptions = { ...still, epochs: 2, learningRate: 3e-3 };
    const whole = await loadTiny();
    const { epochs } = await fineTune(whole, { train, valid }, options);
    const wanted = await headOf(whole);
    whole.dispose();
    const folder = mkdtempSync(join(tmpdir(), "frostkit-head-"));
    for (const stop of ["head", "evaluate", "step", null]) {
      const model = await loadTiny();
      const abort = new AbortController();
      const run = fineTune(model, { train, valid }, { ...options, resume: folder, signal: abort.signal });
      let steps = 0;
      for await (const event of run) {
        if (event.type === "step") steps++;
        if (event.type === stop && (stop !== "step" || steps === 2)) abort.abort();
      }
      const result = await run;
      assert.equal(result.stopped, stop ? "aborted" : "finished");
      if (!stop) {
        assert.deepEqual(
          result.epochs.map(({ trainLoss, validLoss }) => [trainLoss, validLoss]),
          epochs.map(({ trainLoss, validLoss }) => [trainLoss, validLoss]),
        );
        assert.deepEqual(await headOf(model), wanted);
      }
      model.dispose();
    }
    const other = await loadTiny();
    await assert.rejects(
      async () => fineTune(other, { train, valid }, { ...options, headInit: "random", resume: folder }),
      /^InputError: resume: .* holds the state of another run: headInit/,
    );
    other.dispose();
    rmSync(folder, { recursive: true });
  });

  it("takes part in a sweep: one forward, no loss curve to judge the rate by, and no records of other heads", async () => {
    const out = mkdtempSync(join(tmpdir(), "frostkit-head-"));
    const model = await loadTiny();
    const settings = { epochs: 2, batchSize: 4, learningRate: 1e-3, log };
    const sweep = freezeSweep(
      model,
      { train, valid },
      { ...settings, n: [-1, 3], seeds: [0, 1], out, headInit: "probe", strategies: ["lora"] },
    );
    let forwards = 0;
    for await (const event of sweep)
      if (event.type === "progress" && event.event.type === "head" && event.event.done === 50) forwards++;
    const { records } = await sweep;
    assert.equal(records.length, 6);
    // One for all depths, and one with adapters, which are weights of their own.
    assert.ok(forwards >= 2 && forwards <= 3, String(forwards));
    for (const record of records) {
      assert.equal(record.settings!.headInit, "probe");
      assert.equal(record.lossCurve, undefined);
    }
    await assert.rejects(
      async () => freezeSweep(model, { train, valid }, { ...settings, n: [2], out }),
      /holds records of another sweep: headInit/,
    );
    model.dispose();
    rmSync(out, { recursive: true });
  });

  it("has the rates of a usual fine-tuning at every depth of a sweep that is to choose them itself", async () => {
    const out = mkdtempSync(join(tmpdir(), "frostkit-head-"));
    const model = await loadTiny();
    const { records } = await freezeSweep(
      model,
      { train, valid },
      { n: [3], epochs: 1, learningRates: "auto", headInit: "probe", out, log },
    );
    assert.deepEqual(
      records.map(({ learningRate }) => learningRate),
      [5e-5, 2e-4, 5e-4],
    );
    model.dispose();
    rmSync(out, { recursive: true });
  });

  it("starts at every depth from the same numbers in half precision too", {
    skip: withoutHalf(engine),
  }, async () => {
    const heads: number[][] = [];
    for (const n of [-1, 2]) {
      const model = await loadTiny();
      if (n >= 0) topNLayerFreeze(model, n);
      await fineTune(model, { train }, { ...still, precision: "bf16" });
      heads.push(await headOf(model));
      model.dispose();
    }
    assert.deepEqual(heads[1], heads[0]);
  });

  it("names the row where what the last layer reads is no number", async () => {
    const model = await loadTiny();
    const dense = model.parameter("bert.pooler.dense.bias");
    dense.assign(tf.fill(dense.shape, Number.NaN));
    await assert.rejects(
      async () => fineTune(model, { train }, still),
      /^FrostError: headInit: expected finite numbers in front of the head's last layer, got NaN in row 0; /,
    );
    model.dispose();
  });
});

test("A head that the checkpoint has trained, one of one's own, one that learns how to pool and a frozen one are refused by name", async () => {
  const trained = await AutoModelForSequenceClassification.fromPretrained(tinyBert, { log });
  const three = { ...train, labels: { ...train.labels!, classes: trained.classes } as never };
  assert.throws(
    () => fineTune(trained, { train: three }, still),
    /^InputError: headInit: expected a head whose last layer was drawn at random and learns, got the checkpoint's own classifier\.weight, which a probe would replace; leave headInit out$/,
  );
  trained.dispose();
  for (const head of [
    "attention" as const,
    {
      parameters: () => ({ w: [32, 2] }),
      forward: ([last]: tf.Tensor3D[], p: Record<string, tf.Tensor>) =>
        tf.matMul(tf.mean(last, 1), p.w as tf.Tensor2D),
    },
  ]) {
    const model = await load("bert", { head });
    assert.throws(
      () => fineTune(model, { train }, still),
      /^InputError: headInit: .*got one that is a function, or that learns how to pool; load the model with head: "mean"/,
    );
    model.dispose();
  }
  const frozen = await loadTiny();
  freezeWhere(frozen, "classifier.bias");
  assert.throws(
    () => fineTune(frozen, { train }, still),
    /got classifier\.bias, which is frozen; unfreeze it$/,
  );
  assert.throws(
    () => fineTune(frozen, { train }, { ...still, headInit: "lp" as never }),
    /headInit: expected one of random, probe, got "lp"/,
  );
  frozen.dispose();
});

test("A sweep refuses such a head before its first trial", async () => {
  const model = await load("bert", { head: "attention" });
  await assert.rejects(
    async () =>
      freezeSweep(
        model,
        { train, valid },
        { headInit: "probe", out: join(tmpdir(), "frostkit-no-sweep"), log },
      ),
    /^InputError: headInit: expected a head whose last layer was drawn/,
  );
  model.dispose();
});
