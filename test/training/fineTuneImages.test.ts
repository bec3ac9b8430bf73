import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import type { EncodedImages } from "../../src/data/EncodedImages";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { takeRows } from "../../src/data/takeRows";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import type { FreezeSweepOptions } from "../../src/sweep/SweepOptions";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import { evaluate } from "../../src/training/evaluate";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { imagesOf, transformTo } from "../data/images";
import { temporary } from "../data/temporary";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";

const folder = join(__dirname, "../fixtures/models/resnet18-narrow");
const transform = transformTo(64);
const settings = { epochs: 3, batchSize: 4, learningRate: 3e-3 };
const options = { ...settings, seed: 1 };
const log = () => {};
const load = () => AutoModelForImageClassification.fromPretrained(folder, { classes: ["blue", "red"], log });

let made: Promise<EncodedImages> | undefined;
const images = () => {
  made ??= imagesOf("toy", { blue: [60, 60, 180], red: [180, 60, 60] }, { count: 6 }).then(async (path) =>
    encodeImages(await imageFolder(path), transform),
  );
  return made;
};

let views: Promise<EncodedImages> | undefined;
const augmented = () => {
  views ??= imagesOf("toy", { blue: [60, 60, 180], red: [180, 60, 60] }, { count: 6 }).then(async (path) =>
    encodeImages(await imageFolder(path), transform, { augment: { scale: [0.3, 1] } }),
  );
  return views;
};
const lossesOf = ({ epochs }: { epochs: { trainLoss: number }[] }) =>
  epochs.map(({ trainLoss }) => trainLoss);

onEveryFastEngine("fineTune on images", (engine) => {
  it("learns to tell two colours apart, above a frozen stem and layer1, and leaks no tensor", async () => {
    const data = await images();
    const before = tf.memory().numTensors;
    const model = await load();
    topNLayerFreeze(model, 1);
    const held = new Map(model.namedBuffers().map(([name, { stamp }]) => [name, stamp]));
    const { epochs, frozenSeconds } = await fineTune(model, { train: data, valid: data }, options);
    assert.ok(epochs.at(-1)!.trainLoss < epochs[0].trainLoss);
    assert.equal((await evaluate(model, data)).metrics.accuracy, 1);
    assert.ok(frozenSeconds > 0);
    for (const [name, { stamp, value }] of model.namedBuffers()) {
      const frozen = /^(bn1|layer1)\./.test(name);
      assert.equal(stamp === held.get(name), frozen, name);
      if (name.endsWith("num_batches_tracked")) assert.equal((await value.data())[0], frozen ? 0 : 9, name); // three epochs of three batches
    }
    const { labels, probabilities } = await predict(model, data);
    assert.deepEqual(labels, [...new Array(6).fill("blue"), ...new Array(6).fill("red")]);
    assert.equal(probabilities.length, 24);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("gives the same losses whether the frozen stages' output is kept or computed at every step", async () => {
    const data = await images();
    const losses: number[][] = [];
    for (const frozenDropout of [false, true]) {
      const model = await load();
      topNLayerFreeze(model, 2);
      const { epochs } = await fineTune(model, { train: data }, { ...options, epochs: 2, frozenDropout });
      losses.push(epochs.map(({ trainLoss }) => trainLoss));
      model.dispose();
    }
    for (const [i, loss] of losses[0].entries()) assert.ok(Math.abs(loss - losses[1][i]) < 1e-4, `${losses}`);
  });

  it("leaves the running statistics of a stage that is frozen above the frost line", async () => {
    const model = await load();
    freezeWhere(model, "layer3.");
    const stampOf = (name: string) => model.namedBuffers().find(([own]) => own === name)![1].stamp;
    const before = ["bn1.running_mean", "layer3.0.bn1.running_var"].map(stampOf);
    await fineTune(model, { train: await images() }, { ...options, epochs: 1 });
    assert.notEqual(stampOf("bn1.running_mean"), before[0]);
    assert.equal(stampOf("layer3.0.bn1.running_var"), before[1]);
    model.dispose();
  });

  it("thaws a ResNet from the head down", async () => {
    const data = await images();
    const before = tf.memory().numTensors;
    const model = await load();
    const names: string[][] = [];
    const unfreeze = [4, 3, -1];
    for await (const event of fineTune(model, { train: data }, { ...options, unfreeze }))
      if (event.type === "epoch")
        names.push(
          model.frostStages().flatMap(({ name, parameters }) => {
            return parameters.some((each) => model.parameter(each).requiresGrad) ? name : [];
          }),
        );
    assert.deepEqual(names, [[], ["layer4"], ["stem", "layer1", "layer2", "layer3", "layer4"]]);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("keeps a ResNet's features in half the room in bf16", { skip: withoutHalf(engine) }, async () => {
    const data = await images();
    const before = tf.memory().numTensors;
    const model = await load();
    topNLayerFreeze(model, 3);
    const bytes: number[] = [];
    for (const precision of ["fp32", "bf16"] as const) {
      const features = new FrozenFeatures(model);
      const { epochs } = await fineTune(model, { train: data }, { ...options, precision, features });
      assert.ok(epochs.every(({ trainLoss }) => Number.isFinite(trainLoss)));
      bytes.push(features.bytes().memory);
      features.dispose();
    }
    assert.equal(bytes[1], bytes[0] / 2);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("sees another view of each image in every epoch, the same ones for the same seed, and judges by the images themselves", async () => {
    const [train, valid] = [await augmented(), await images()];
    const before = tf.memory().numTensors;
    // At a rate of 0, with batch norm by its running statistics, nothing but the views differs between epochs.
    const still = { ...options, learningRate: 0, weightDecay: 0 };
    const run = async (data: EncodedImages, seed: number) => {
      const model = await load();
      topNLayerFreeze(model, 4);
      const result = await fineTune(model, { train: data, valid }, { ...still, seed });
      model.dispose();
      return result;
    };
    const first = await run(train, 1);
    assert.equal(new Set(lossesOf(first)).size, 3);
    assert.deepEqual(lossesOf(await run(train, 1)), lossesOf(first));
    assert.notDeepEqual(lossesOf(await run(train, 2)), lossesOf(first));
    const plain = await run(valid, 1);
    const spread = (losses: number[]) => Math.max(...losses) - Math.min(...losses);
    assert.ok(spread(lossesOf(plain)) < 1e-5 && spread(lossesOf(first)) > 1e-3, `${lossesOf(first)}`);
    for (const [i, { validLoss }] of first.epochs.entries())
      assert.equal(validLoss, plain.epochs[i].validLoss);
    assert.equal(tf.memory().numTensors, before);
  });

  it("keeps no features of augmented images, those of the images it is judged by all the same", async () => {
    const [train, valid] = [await augmented(), await images()];
    const model = await load();
    topNLayerFreeze(model, 2);
    const bytes: number[] = [];
    for (const data of [
      { train: valid, valid: valid },
      { train, valid },
      { train, valid: train },
      { train },
    ]) {
      const features = new FrozenFeatures(model);
      const events: string[] = [];
      for await (const event of fineTune(model, data, { ...options, epochs: 1, features }))
        if (event.type === "frozen" && event.done === event.total) events.push(`${event.total}`);
      bytes.push(features.bytes().memory);
      assert.equal(events.length, data.valid ? 1 : 0);
      features.dispose();
    }
    assert.deepEqual(bytes, [bytes[0], bytes[0], bytes[0], 0]);
    model.dispose();
  });

  it("learns from augmented images, by gradients accumulated over batches too", async () => {
    const train = await augmented();
    const before = tf.memory().numTensors;
    for (const gradientAccumulation of [1, 2]) {
      const model = await load();
      topNLayerFreeze(model, 1);
      const result = await fineTune(model, { train }, { ...options, epochs: 4, gradientAccumulation });
      const losses = lossesOf(result);
      assert.ok(losses[3] < losses[0], `${losses}`);
      assert.equal((await evaluate(model, train)).metrics.accuracy, 1);
      model.dispose();
    }
    assert.equal(tf.memory().numTensors, before);
  });

  it("trains on folds that takeRows cuts, and refuses those whose random views would be of other images", async () => {
    const model = await load();
    const whole = await augmented();
    const fold = takeRows(whole, [0, 2, 7, 9]);
    const { epochs } = await fineTune(model, { train: fold }, { epochs: 1, batchSize: 2 });
    assert.ok(epochs[0].trainLoss > 0);
    const byHand = { ...whole, pixels: fold.pixels, labels: fold.labels };
    assert.throws(() => fineTune(model, { train: byHand }), {
      name: "InputError",
      message:
        "train: expected 4 files, one an image, that random views are cut out of, got 12; takeRows takes both",
    });
    assert.throws(() => fineTune(model, { train: { ...whole, std: [1, 0, 1] } }), {
      message: /^train: expected three finite numbers as mean and three above 0 as std, got .*\[1,0,1\]$/,
    });
    model.dispose();
  });

  it("refuses texts on an image model and says which model to load", async () => {
    const model = await load();
    const texts = {
      inputIds: [Int32Array.of(1)],
      tokenTypeIds: null,
      labels: null,
      truncated: 0,
      maxLength: 8,
      padTokenId: 0,
      hash: "",
    };
    await assert.rejects(predict(model, texts), {
      name: "InputError",
      message: "predict: resnet18 reads images, got texts; load a text model for them",
    });
    await assert.rejects(async () => adaptToTexts(model as never, texts, { maskTokenId: 4 }), {
      name: "InputError",
      message: "texts: resnet18 reads images, got texts; load a text model for them",
    });
    model.dispose();
  });

  it("is swept over N like a text model: each trial starts from the same weights and running statistics", async () => {
    const data = await images();
    const runs = temporary(`runs-${tf.getBackend()}/x`, "");
    const sweep = (n: number[], out: string) =>
      freezeSweep({
        ...settings,
        epochs: 1,
        model: folder,
        train: data,
        valid: data,
        n,
        seeds: [0],
        out,
        log,
      });
    const { records, failed } = await sweep([-1, 2, 4], join(runs, "../all"));
    const { records: alone } = await sweep([4], join(runs, "../alone"));
    assert.deepEqual(failed, []);
    assert.deepEqual(
      records.map(({ n }) => n),
      [-1, 2, 4],
    );
    assert.equal(records[2].epochs[0].trainLoss, alone[0].epochs[0].trainLoss);
    assert.equal(records[2].trainableParameters, 2 * 32 + 2);
    assert.equal(records[0].trainRows, 12);
  });

  it("is swept over recipes as well, each from the same weights; LoRA is refused before the first trial", async () => {
    const data = await images();
    const runs = temporary(`recipes-${tf.getBackend()}/x`, "");
    const sweep = async (strategies: FreezeSweepOptions["strategies"], out: string) => {
      const sets = { model: folder, train: data, valid: data, n: [], strategies, log };
      return freezeSweep({
        ...sets,
        epochs: 2,
        batchSize: 4,
        learningRate: 3e-3,
        out: join(runs, "..", out),
      });
    };
    const { records, failed } = await sweep(["norms", "gradual", "layerwiseDecay", "bitFit"], "all");
    const { records: alone } = await sweep(["bitFit"], "alone");
    assert.deepEqual(failed, []);
    assert.deepEqual(
      records.map(({ strategy }) => strategy),
      ["norms", "gradual", "layerwiseDecay", "bitFit"],
    );
    assert.deepEqual(
      records[3].epochs.map(({ trainLoss }) => trainLoss),
      alone[0].epochs.map(({ trainLoss }) => trainLoss),
    );
    await assert.rejects(sweep(["lora"], "lora"), { name: "InputError", message: /which resnet18 has not/ });
  });
});
