import assert from "node:assert/strict";
import fs, { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import type { EncodedImages } from "../../src/data/EncodedImages";
import type { Dataset } from "../../src/data/Rows";
import { rowsOf } from "../../src/data/rowsOf";
import { engineHash } from "../../src/engine/engineHash";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { Random } from "../../src/random";
import { addLora, mergeLora } from "../../src/recipes/addLora";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import type { TrialRecord } from "../../src/sweep/record";
import type { FreezeSweepOptions } from "../../src/sweep/SweepOptions";
import { type FeaturePass, keyOfFeatures } from "../../src/training/cachedFeatures";
import type { FineTuneResult } from "../../src/training/events";
import { FrozenFeatures, type FrozenProgress } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { ownCache, systemError, withGigabytes } from "../ownCache";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

/** Enough tokens to be worth keeping. */
const data = toyRows(500);
const all = [...data.inputIds.keys()];

/** Prepares features and tells what was said of it. */
async function prepare(
  features: FrozenFeatures,
  stages: number,
  { dataset = data as Dataset, batchSize = 64, precision = "fp32" as "fp32" | "bf16" } = {},
): Promise<FrozenProgress[]> {
  const told = [];
  for await (const progress of features.prepare(dataset, stages, batchSize, precision)) told.push(progress);
  return told;
}

/** All features, to the bit. */
function bitsOf(features: FrozenFeatures): Int32Array {
  const batch = features.batch(data, all, 20);
  const bits = new Int32Array((batch.dataSync() as Float32Array).slice().buffer);
  batch.dispose();
  return bits;
}

/** What features after so many stages are where nothing is kept on disk. */
const freshBits = (model: Classifier, stages: number) =>
  withGigabytes("0", async () => {
    const features = new FrozenFeatures(model);
    await prepare(features, stages);
    const bits = bitsOf(features);
    features.dispose();
    return bits;
  });

/** Counts how often each stage of a model runs. */
function countForwards(model: Classifier): () => number[] {
  const mocks = model.stages.map((stage) => mock.method(stage, "forward").mock);
  return () => mocks.map((mocked) => mocked.callCount());
}

onEveryFastEngine("features kept on disk", (engine) => {
  const own = ownCache();

  it("are read by a later run to the bit, and no frozen stage runs", async () => {
    // The deeper one first, or it would start from the other.
    for (const stages of [4, 3]) {
      const model = await loadTiny();
      const fresh = await freshBits(model, stages);
      const first = new FrozenFeatures(model);
      assert.deepEqual(
        (await prepare(first, stages)).map(({ cached }) => cached),
        new Array(8).fill(undefined),
      );
      assert.deepEqual(bitsOf(first), fresh);
      first.dispose();
      model.dispose();

      const again = await loadTiny();
      const forwards = countForwards(again);
      const second = new FrozenFeatures(again);
      assert.deepEqual(await prepare(second, stages), [{ done: 500, total: 500, cached: true }]);
      assert.deepEqual(forwards(), [0, 0, 0, 0, 0]);
      assert.deepEqual(bitsOf(second), fresh);
      assert.deepEqual(await prepare(second, stages), []);
      second.dispose();
      again.dispose();
    }
    assert.deepEqual(own.lines, []);
  });

  it("serve as the start of a deeper freeze, and a fresh start gives the same bits", async () => {
    const model = await loadTiny();
    const fresh = await freshBits(model, 4);
    const shallow = new FrozenFeatures(model);
    for (const stages of [1, 2, 3]) await prepare(shallow, stages);
    shallow.dispose();
    const forwards = countForwards(model);
    const deep = new FrozenFeatures(model);
    const told = await prepare(deep, 4);
    assert.deepEqual(
      told.map(({ cached }) => cached),
      new Array(8).fill(true),
    );
    assert.deepEqual(forwards(), [0, 0, 0, 8, 0]);
    assert.deepEqual(bitsOf(deep), fresh);
    deep.dispose();
    model.dispose();
  });

  it("are taken instead of computing on from what memory holds, where they lead further", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    await prepare(features, 3);
    features.dispose();
    const forwards = countForwards(model);
    const later = new FrozenFeatures(model);
    await prepare(later, 1);
    await prepare(later, 4);
    assert.deepEqual(forwards(), [8, 0, 0, 8, 0]);
    later.dispose();
    model.dispose();
  });

  it("have a key that anything changes which may change a bit of them, and nothing else", async () => {
    const pass: FeaturePass = { stages: 2, batchSize: 8, precision: "fp32", rounded: [] };
    const key = async (model: Classifier, dataset: Dataset = data, more: Partial<FeaturePass> = {}) =>
      keyOfFeatures(model, rowsOf(dataset).hash(), { ...pass, ...more });
    const model = await loadTiny();
    const first = await key(model);
    assert.match(first, /^[0-9a-f]{64}$/);
    const twin = await loadTiny();
    assert.equal(await key(twin), first);

    // Neither what lies above the line nor flags and labels have a part in them.
    twin.reinitialize(7);
    freezeWhere(twin, "bert.");
    twin.parameter("bert.encoder.layer.1.output.dense.bias").assign(tf.zeros([32]));
    assert.equal(await key(twin, { ...data, labels: null, hash: "another" }), first);

    const keys = [first];
    for (const name of ["bert.embeddings.LayerNorm.weight", "bert.encoder.layer.0.output.dense.bias"]) {
      const parameter = twin.parameter(name);
      const values = parameter.value.dataSync().slice() as Float32Array;
      values[5] += 2 ** -20;
      parameter.assign(tf.tensor(values, parameter.shape));
      keys.push(await key(twin));
    }
    const rows = (change: (ids: Int32Array[]) => Int32Array[]) => ({
      ...data,
      inputIds: change(data.inputIds),
    });
    const types = data.inputIds.map((ids) => new Int32Array(ids.length));
    const datasets = [
      rows((ids) => ids.with(3, ids[3].with(1, 11))),
      rows((ids) => ids.slice(1)),
      rows(([a, b, ...rest]) => [b, a, ...rest]),
      rows(([a, b, ...rest]) => [a.slice(0, -1), Int32Array.of(a.at(-1)!, ...b), ...rest]),
      { ...data, tokenTypeIds: types },
      { ...data, tokenTypeIds: types.with(0, types[0].with(1, 1)) },
      { ...data, padTokenId: 1 },
    ];
    for (const dataset of datasets) keys.push(await key(model, dataset));
    const ways: Partial<FeaturePass>[] = [
      { stages: 1 },
      { stages: 3 },
      { batchSize: 9 },
      { precision: "bf16" },
      { precision: "bf16", rounded: [2] },
      { precision: "bf16", rounded: [1, 2] },
    ];
    for (const more of ways) keys.push(await key(model, data, more));
    const config = model.config as Record<string, unknown>;
    config.layer_norm_eps = 1e-6;
    keys.push(await key(model));
    assert.equal(new Set(keys).size, keys.length);
    model.dispose();
    twin.dispose();
  });

  it("go by adapters and how much they weigh, which no weight tells", async () => {
    const keys = [];
    for (const alpha of [0, 8, 16]) {
      const model = await loadTiny();
      if (alpha > 0) addLora(model, { rank: 2, alpha });
      for (const merged of [false, true]) {
        if (merged) mergeLora(model);
        keys.push(
          await keyOfFeatures(model, rowsOf(data).hash(), {
            stages: 2,
            batchSize: 8,
            precision: "fp32",
            rounded: [],
          }),
        );
        if (alpha === 0) break;
      }
      model.dispose();
    }
    assert.equal(new Set(keys).size, 5);
  });

  it("are those of one engine", async () => {
    const model = await loadTiny();
    const pass: FeaturePass = { stages: 2, batchSize: 8, precision: "fp32", rounded: [] };
    const here = await keyOfFeatures(model, rowsOf(data).hash(), pass);
    seen.set(await engineHash(), here);
    assert.equal(new Set(seen.values()).size, seen.size);
    model.dispose();
  });

  it("of images go by pixels and normalisation", async () => {
    const model = await loadTiny();
    const images = {
      pixels: [new Uint8Array(12), new Uint8Array(12).fill(1)],
      height: 2,
      width: 2,
      mean: [0.5, 0.5, 0.5],
      std: [1, 1, 1],
      labels: null,
      hash: "same",
    };
    const pass: FeaturePass = { stages: 2, batchSize: 8, precision: "fp32", rounded: [] };
    const others = [
      images,
      { ...images, mean: [0.5, 0.5, 0.4] },
      { ...images, std: [1, 2, 1] },
      { ...images, height: 4, width: 1 },
      { ...images, pixels: [...images.pixels].reverse() },
      { ...images, pixels: [images.pixels[0], images.pixels[1].with(11, 2)] },
    ];
    const keys = await Promise.all(
      others.map((dataset) => keyOfFeatures(model, rowsOf(dataset).hash(), pass)),
    );
    assert.equal(new Set(keys).size, 6);
    model.dispose();
  });

  it("of images are read to the bit, too, and go by the running statistics below the line", async () => {
    const folder = join(__dirname, "../fixtures/models/resnet18-narrow");
    const model = await AutoModelForImageClassification.fromPretrained(folder, {
      classes: ["a", "b"],
      log: () => {},
    });
    const random = new Random(3, "pixels");
    const images: EncodedImages = {
      pixels: Array.from({ length: 5 }, () =>
        Uint8Array.from({ length: 32 * 32 * 3 }, () => random.integer(256)),
      ),
      height: 32,
      width: 32,
      mean: [0.5, 0.4, 0.3],
      std: [0.2, 0.2, 0.3],
      labels: null,
      hash: "images",
    };
    const run = async () => {
      const features = new FrozenFeatures(model);
      const told = await prepare(features, 2, { dataset: images, batchSize: 2 });
      const batch = features.batch(images, [4, 0], 1);
      const values = batch.dataSync().slice();
      const { shape } = batch;
      batch.dispose();
      features.dispose();
      return { values, shape, cached: told.some(({ cached }) => cached) };
    };
    const { cached: off, ...expected } = await withGigabytes("0", run);
    const { cached: cold, ...first } = await run();
    const { cached: warm, ...second } = await run();
    assert.deepEqual([first, second], [expected, expected]);
    assert.equal(expected.shape.length, 4);
    const [, mean] = model.namedBuffers().find(([name]) => name === "bn1.running_mean")!;
    mean.assign(tf.add(mean.value, 1));
    const { cached: moved, ...other } = await run();
    assert.notDeepEqual(other, expected);
    assert.deepEqual([off, cold, warm, moved], [false, false, true, false]);
    model.dispose();
  });

  it("are not kept of few tokens, nor behind the embeddings, nor where the loop was left before its end", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    await prepare(features, 3, { dataset: toyRows(40) });
    await prepare(features, 1);
    for await (const { done } of features.prepare(data, 2, 64)) if (done > 100) break;
    for await (const { done, total } of features.prepare(data, 2, 64)) if (done === total) break;
    assert.throws(() => own.entries(), { code: "ENOENT" });
    features.dispose();
    model.dispose();
  });

  it("train the same model to the bit whether the cache is off, cold or warm, at every depth, and leak nothing", async () => {
    const folder = tinyWithDropout();
    const valid = toyRows(450, "valid");
    const tensors = tf.memory().numTensors;
    const run = async (n: number) => {
      const model = await loadTiny(folder);
      topNLayerFreeze(model, n);
      const options = { epochs: 2, batchSize: 64, learningRate: 3e-3, seed: 5 };
      const result = await fineTune(model, { train: data, valid }, options);
      const weights = model.namedParameters().map(([, { value }]) => value.dataSync().slice());
      model.dispose();
      return { ...numbersOf(result), weights, from: result.frozenFrom };
    };
    for (const n of [1, 3]) {
      const { from: off, ...expected } = await withGigabytes("0", () => run(n));
      const { from: cold, ...first } = await run(n);
      const { from: warm, ...second } = await run(n);
      assert.deepEqual(first, expected);
      assert.deepEqual(second, expected);
      // At n = 3 the cold run goes on from what the one before left.
      assert.deepEqual([off, cold, warm], [undefined, n === 1 ? undefined : "cache", "cache"]);
    }
    assert.equal(own.entries().length, 4);
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(own.lines, []);
  });

  it("give a sweep the same records but for seconds, and the records say where features came from", async () => {
    const options: FreezeSweepOptions = {
      model: await loadTiny(),
      train: data,
      valid: toyRows(450, "valid"),
      n: [0, 1, 3],
      seeds: [0, 1],
      epochs: 1,
      batchSize: 64,
      log: () => {},
    };
    const run = async (name: string) =>
      (await freezeSweep({ ...options, out: `${own.root}/${name}` })).records;
    const off = await withGigabytes("0", () => run("off"));
    const cold = await run("cold");
    const warm = await run("warm");
    const numbers = (records: TrialRecord[]) =>
      records.map((record) => ({ trial: record.trial, accuracy: record.accuracy, ...numbersOf(record) }));
    assert.deepEqual(numbers(cold), numbers(off));
    assert.deepEqual(numbers(warm), numbers(off));
    const from = (records: TrialRecord[]) => records.map(({ frozenFrom }) => frozenFrom);
    assert.deepEqual(from([...off, ...cold]), new Array(12).fill(undefined));
    // Behind the embeddings nothing is kept on disk; the second seed finds its features in memory.
    assert.deepEqual(from(warm), [undefined, undefined, "cache", undefined, "cache", undefined]);
    (options.model as Classifier).dispose();
  });

  it("in bfloat16 are found only by the way they were rounded on, so that they, too, are the same to the bit", {
    skip: withoutHalf(engine),
  }, async () => {
    const model = await loadTiny();
    const half = { precision: "bf16" } as const;
    const way = async (depths: number[]) => {
      const features = new FrozenFeatures(model);
      const told: FrozenProgress[][] = [];
      for (const stages of depths) told.push(await prepare(features, stages, half));
      const bits = bitsOf(features);
      features.dispose();
      return { bits, cached: told.map((progress) => progress.some(({ cached }) => cached)) };
    };
    for (const depths of [[2, 3, 4], [4], [3, 4]]) {
      const off = await withGigabytes("0", () => way(depths));
      const cold = await way(depths);
      const warm = await way(depths);
      assert.deepEqual(cold.bits, off.bits);
      assert.deepEqual(warm.bits, off.bits);
      assert.deepEqual(
        cold.cached,
        depths.map(() => false),
      );
      assert.deepEqual(
        warm.cached,
        depths.map(() => true),
      );
    }
    model.dispose();
  });

  it("go to a temporary file beyond the memory that they may take, and are kept and read from there as well", async () => {
    const model = await loadTiny();
    const fresh = await freshBits(model, 2);
    for (const cached of [undefined, true]) {
      const features = new FrozenFeatures(model, { memoryBytes: 100_000 });
      const told = await prepare(features, 2);
      assert.equal(told[0].cached, cached);
      const { memory, disk } = features.bytes();
      assert.ok(memory <= 100_000 && disk > 500_000);
      assert.deepEqual(bitsOf(features), fresh);
      features.dispose();
    }
    model.dispose();
  });

  it("are computed again where they are damaged in whatever way, with one line, and kept again", async () => {
    const model = await loadTiny();
    const fresh = await freshBits(model, 2);
    const features = new FrozenFeatures(model);
    await prepare(features, 2);
    features.dispose();
    const [path] = own.entries();
    const good = readFileSync(path);
    const flip = (byte: number) => () => {
      const bytes = Buffer.from(good);
      bytes[byte] ^= 4;
      writeFileSync(path, bytes);
    };
    const tensors = tf.memory().numTensors;
    const damages = [
      () => truncateSync(path, good.length - 4),
      () => truncateSync(path, 60),
      () => truncateSync(path, 0),
      ...[0, 9, 41, 49, 53].map(flip), // magic, key, length, the two CRCs
      ...[56, 60, 64, 70].map(flip), // whether every row is there, dimensions, width
      ...[76, good.length >> 1, good.length - 1].map(flip), // values
      () => writeFileSync(path, "not an entry"),
    ];
    for (const damage of damages) {
      const before = own.lines.length;
      damage();
      const features = new FrozenFeatures(model);
      const told = await prepare(features, 2);
      assert.equal(told.length, 8);
      assert.deepEqual(bitsOf(features), fresh);
      features.dispose();
      assert.ok(own.lines.length <= before + 1, own.lines.join("\n"));
      assert.ok(readFileSync(path).equals(good));
    }
    // The same line is not said twice.
    assert.ok(own.lines.length >= 5);
    for (const line of own.lines)
      assert.match(line, /kept\/features-[0-9a-f]{64}: .*; what it held is computed again$/);
    assert.equal(tf.memory().numTensors, tensors);
    model.dispose();
  });

  it("are done without on a full disk or in a folder that cannot be read or written: right, with one line at most", async (t) => {
    const model = await loadTiny();
    const fresh = await freshBits(model, 3);
    const fail = (code: string) => () => {
      throw systemError(code);
    };
    const write = fs.writeSync;
    let room = 100_000;
    const troubles = [
      () => t.mock.method(fs, "mkdirSync", fail("EACCES")),
      () => t.mock.method(fs, "openSync", fail("EROFS")),
      () =>
        // Full in the midst of it.
        t.mock.method(
          fs,
          "writeSync",
          (file: number, bytes: Uint8Array, ...rest: [number, number, number]) => {
            room -= bytes.length;
            if (room < 0) throw systemError("ENOSPC");
            return write(file, bytes, ...rest);
          },
        ),
      () => t.mock.method(fs, "statfsSync", fail("EIO")),
    ];
    for (const trouble of troubles) {
      const before = own.lines.length;
      const mocked = trouble();
      const features = new FrozenFeatures(model);
      for (const stages of [2, 3]) assert.equal((await prepare(features, stages)).length, 8);
      assert.ok(mocked.mock.callCount() > 0);
      mocked.mock.restore();
      assert.deepEqual(bitsOf(features), fresh);
      assert.ok(own.lines.length <= before + 1, own.lines.join("\n"));
      features.dispose();
    }
    assert.deepEqual(own.entries(), []);
    model.dispose();
  });

  it("take part in what the cache may hold in all: the first depths of a large sweep stay for the next one", async () => {
    const model = await loadTiny();
    const features = new FrozenFeatures(model);
    await prepare(features, 2);
    features.dispose();
    const bytes = statSync(own.entries()[0]).size;
    await withGigabytes(String((1.5 * bytes) / 1e9), async () => {
      for (const _ of ["one run", "another"]) {
        const features = new FrozenFeatures(model);
        const lengths = [];
        for (const stages of [2, 3]) lengths.push((await prepare(features, stages)).length);
        assert.deepEqual(lengths, [1, 8]);
        features.dispose();
      }
    });
    assert.equal(own.entries().length, 1);
    model.dispose();
  });
});

/** Keys by the hash of the engine that they were made on. */
const seen = new Map<string, string>();

/** What does not depend on the clock. */
function numbersOf({ epochs }: Pick<FineTuneResult, "epochs">) {
  return {
    epochs: epochs.map(({ trainLoss, validLoss, metrics }) => ({ trainLoss, validLoss, metrics })),
  };
}
