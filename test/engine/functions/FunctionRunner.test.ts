// What is true of steps that run as functions of TensorFlow; that operations are computed rightly, lowerings.test.ts says.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast } from "../../../src/engine/autocast";
import { recording, tidyUp } from "../../../src/engine/recorder/recording";
import { upload } from "../../../src/engine/upload";
import { useEngine } from "../../../src/engine/useEngine";
import { type Calls, watchCalls } from "../../../src/engine/watchCalls";
import type { SequenceClassifier } from "../../../src/models/SequenceClassifier";
import { Parameter } from "../../../src/nn/Parameter";
import { Pass } from "../../../src/nn/Pass";
import { drawn } from "../../../src/ops/drawn";
import { type Dropout, dropoutMask } from "../../../src/ops/dropoutMask/dropoutMask";
import { layerNorm } from "../../../src/ops/layerNorm/layerNorm";
import { layerNormGradients } from "../../../src/ops/layerNorm/layerNormGradients";
import { matMul } from "../../../src/ops/matMul/matMul";
import { AdamW } from "../../../src/training/AdamW";
import { fineTune } from "../../../src/training/fineTune";
import { predict } from "../../../src/training/predict";
import { assertClose } from "../../close";
import { loadTiny, tinyBertWith, tinyWithDropout, toyRows } from "../../training/toyData";
import { asOnGpu, deviceInUse } from "./asGpu";

asOnGpu("A step as functions", () => {
  /** Models that live on. */
  const others: SequenceClassifier[] = [];
  const disposeOthers = () => {
    for (const model of others.splice(0)) model.dispose();
  };

  /** What each step of a run costs: calls into TensorFlow, and those of them that hand it an array. */
  const stepsOf = async ({ length = 24, batchSize = 4, seed = 3, dispose = true, dropout = true } = {}) => {
    const model = await loadTiny(dropout ? tinyWithDropout() : undefined);
    const steps: (Calls & { loss: number; defined: number })[] = [];
    const device = deviceInUse();
    let { defined } = device;
    const watch = watchCalls()!;
    const options = { epochs: 2, batchSize, learningRate: 3e-3, seed };
    for await (const event of fineTune(model, { train: toyRows(length) }, options)) {
      if (event.type !== "step") continue;
      steps.push({ loss: event.loss, ...watch.take(), defined: device.defined - defined });
      ({ defined } = device);
    }
    watch.stop();
    if (dispose) model.dispose();
    else others.push(model);
    return steps;
  };

  it("is a function from batch to updated weights, and a reading of loss and norm", async () => {
    // The first of each epoch computes features as well.
    const steps = (await stepsOf()).filter((_, i) => i % 6 > 0);
    assert.equal(steps.length, 10);
    for (const { calls, uploads, readings, defined } of steps) {
      assert.equal(defined, 0);
      assert.equal(readings, 1);
      assert.ok(uploads <= 3, `${uploads} arrays`);
      assert.ok(calls <= 3, `${calls} calls`);
    }
  });

  it("writes over weights and moments where they lie, and leaves alone what a snapshot holds", async () => {
    const model = await loadTiny(tinyWithDropout());
    const [, weight] = model.namedParameters().find(([name]) => name === "classifier.weight")!;
    const held = () => recording()!.value(weight.value).onDevice;
    const first = weight.snapshot();
    const before = [...weight.value.dataSync()];
    let run = 0;
    const places = new Set<object | null>();
    const values = new Set<string>();
    for await (const event of fineTune(model, { train: toyRows(12) }, { epochs: 2, batchSize: 4, seed: 3 })) {
      if (event.type !== "step") continue;
      run++;
      places.add(held());
      values.add(String(weight.value.dataSync()));
    }
    assert.equal(run, 6);
    assert.equal(places.size, 1, "one variable from the first update on");
    assert.equal(values.size, 6, "which each of them writes");
    weight.restore(first);
    first.dispose();
    assert.deepEqual([...weight.value.dataSync()], before);
    model.dispose();
  });

  it("reads what variables hold before an update of the same function writes it, in whatever shape, and after it where that is asked", () => {
    const weight = new Parameter("weight", tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const optimizer = new AdamW();
    const gradient = tf.ones([2, 2]);
    const update = (scale: number | tf.Tensor) =>
      optimizer.step(new Map([[weight, gradient]]), () => ({ learningRate: 0.5, weightDecay: 0 }), scale);
    update(1);
    assertClose(weight.value, [0.5, 1.5, 2.5, 3.5], 1e-5);
    const [row, square, one] = tf.tidy(() => [
      tf.mul(tf.reshape(weight.value, [4]), 2),
      tf.square(weight.value),
      tf.add(tf.scalar(0.5), 0.5),
    ]);
    const watch = watchCalls()!;
    update(one);
    const after = tf.tidy(() => tf.mul(weight.value, 10));
    assertClose(after, [0, 10, 20, 30], 1e-4);
    // A function is made, called, and what it gave is read.
    assert.equal(watch.take().calls, 3);
    watch.stop();
    assertClose(row, [1, 3, 5, 7], 1e-5);
    assertClose(square, [0.25, 2.25, 6.25, 12.25], 1e-4);
    assertClose(weight.value, [0, 1, 2, 3], 1e-5);
    for (const owned of [weight, optimizer, gradient, row, square, one, after]) owned.dispose();
  });

  it("gives the memory of weights and moments back with them, variables or not", () => {
    const shape = [1500, 1500];
    const gradient = tf.ones(shape);
    const train = () => {
      const weight = new Parameter("weight", tf.fill(shape, 2));
      const optimizer = new AdamW();
      for (let i = 0; i < 2; i++)
        optimizer.step(new Map([[weight, gradient]]), () => ({ learningRate: 0.1, weightDecay: 0.1 }));
      assert.ok(tf.tidy(() => tf.slice(weight.value, [0, 0], [1, 1]).dataSync()[0]) < 2);
      for (const owned of [weight, optimizer]) owned.dispose();
      tidyUp();
      return process.memoryUsage().rss;
    };
    train();
    const before = train();
    let after = before;
    for (let i = 0; i < 12; i++) after = train();
    gradient.dispose();
    // Each time 27 MB of TensorFlow's, of which none may stay; JavaScript's arrays wait for its collector.
    assert.ok(after - before < 200e6, `${Math.round((after - before) / 1e6)} MB more`);
  });

  it("leaves weights and moments as they were where a gradient is not finite, though it is read after the update", async () => {
    const model = await loadTiny();
    const parameters = () => model.namedParameters().map(([, { value }]) => [...value.dataSync()]);
    const rows = toyRows(8);
    const before = parameters();
    // A rate at which the second step's loss is beyond float32: the first one is made.
    const run = fineTune(model, { train: rows }, { epochs: 4, batchSize: 4, seed: 3, learningRate: 1e30 });
    let last = before;
    let steps = 0;
    await assert.rejects(
      async () => {
        for await (const event of run) {
          if (event.type !== "step") continue;
          last = parameters();
          steps++;
        }
      },
      {
        name: "FrostError",
        message: /training stopped at step \d+ of epoch \d+: expected a finite loss and gradient/,
      },
    );
    assert.ok(steps > 0);
    assert.notDeepEqual(last, before);
    assert.deepEqual(parameters(), last);
    model.dispose();
  });

  it("needs no more functions for batches of other lengths, and none for another model like it", async () => {
    const first = await stepsOf({ batchSize: 5, dispose: false });
    const made = first.reduce((sum, { defined }) => sum + defined, 0);
    assert.ok(made <= 12, `${made} functions`);
    const next = await stepsOf({ batchSize: 5 });
    assert.deepEqual(
      next.map(({ defined }) => defined),
      next.map(() => 0),
    );
    assert.deepEqual(
      next.map(({ loss }) => loss),
      first.map(({ loss }) => loss),
      "the same seed, the same bits",
    );
    disposeOthers();
  });

  it("frees its functions with its model: none is left of 20 models that were trained and asked, with texts of all lengths", async () => {
    const device = deviceInUse();
    const left = () => device.defined - device.removed;
    recording()!.recorder.tidyUp();
    const before = left();
    const { defined } = device;
    let most = 0;
    for (let i = 0; i < 20; i++) {
      // Their structures differ, and so do the lengths of their texts.
      const model = await loadTiny(
        tinyBertWith({ hidden_dropout_prob: 0.01 * (i + 1), num_hidden_layers: 1 + (i % 3) }),
      );
      const rows = toyRows(12, `train ${i}`);
      for await (const event of fineTune(model, { train: rows }, { epochs: 1, batchSize: 3, seed: i }))
        if (event.type === "step") assert.ok(Number.isFinite(event.loss));
      await predict(model, toyRows(7 + i, "others"), { batchSize: 1 + (i % 4) });
      most = Math.max(most, left() - before);
      model.dispose();
      assert.equal(left(), before, `${left() - before} functions are left of model ${i}`);
    }
    assert.ok(device.defined - defined >= 20 * 3, `${device.defined - defined} functions`);
    // Those of a step whose moments are zeros, of one whose moments lie there, and those that predict.
    assert.ok(most <= 16, `${most} functions at once`);
  });

  it("keeps a model's functions when another one goes", async () => {
    const device = deviceInUse();
    const model = await loadTiny();
    const rows = toyRows(6, "valid");
    const train = async () => {
      for await (const event of fineTune(model, { train: rows }, { epochs: 2, batchSize: 3, seed: 3 }))
        if (event.type === "step") assert.ok(Number.isFinite(event.loss));
    };
    await predict(model, rows);
    await train();
    // Weights that were updated go in another way.
    await predict(model, rows);
    const other = await loadTiny(tinyBertWith({ num_hidden_layers: 2 }));
    await predict(other, rows);
    other.dispose();
    const { defined } = device;
    await predict(model, rows);
    await train();
    assert.equal(device.defined, defined);
    model.dispose();
  });

  it("draws masks of its own, the same for the same seed, of which backward applies those of forward", () => {
    tf.tidy(() => {
      const drop = { rate: 0.25, seed: 5 };
      const shape = [40, 50];
      const [x, weight, bias] = [tf.add(drawn("x", ...shape), 2), tf.ones([50]), tf.zeros([50])];
      const mask = dropoutMask(shape, drop).dataSync();
      assertClose(dropoutMask(shape, drop), mask, 0);
      assert.notDeepEqual([...dropoutMask(shape, { ...drop, seed: 6 }).dataSync()], [...mask]);
      const kept = mask.filter((value) => value > 0);
      assertClose(Float32Array.of(kept.length / mask.length), [0.75], 0.03);
      assertClose(kept, new Float32Array(kept.length).fill(4 / 3), 1e-6);
      const sum = (drop: Dropout | null, x: tf.Tensor) =>
        layerNorm({ x, drop, residual: null, weight, bias, eps: 1e-5 });
      const here = sum(drop, x);
      assertClose(here.y, sum(null, tf.mul(x, tf.tensor(mask, shape))).y, 1e-5);
      const backward = (drop: Dropout | null) =>
        layerNormGradients({
          ...{ dy: drawn("dy", ...shape), normal: here.normal, scale: here.scale, weight, drop },
          wanted: { x: true, residual: false, weight: false, bias: false },
        }).x!;
      assertClose(backward(drop), tf.mul(backward(null), tf.tensor(mask, shape)), 1e-5);
    });
  });

  it("gives the losses of plain JavaScript where nothing is dropped", async () => {
    const here = await stepsOf({ dropout: false });
    await useEngine("cpu");
    const model = await loadTiny();
    const losses: number[] = [];
    const options = { epochs: 2, batchSize: 4, learningRate: 3e-3, seed: 3 };
    for await (const event of fineTune(model, { train: toyRows(24) }, options))
      if (event.type === "step") losses.push(event.loss);
    model.dispose();
    await useEngine("tensorflow");
    assertClose(
      here.map(({ loss }) => loss),
      losses,
      2e-5,
    );
  });

  it("is asked by one call for all that is computed, with the arrays that go in, and by one for what comes out", () => {
    const addOne = () =>
      tf.tidy(() => {
        const sum = tf.add(tf.tensor1d([1, 2]), tf.tensor1d([1, 1]));
        assert.deepEqual([...sum.dataSync()], [2, 3]);
      });
    addOne();
    const watch = watchCalls()!;
    addOne();
    const { inside, ...counts } = watch.take();
    watch.stop();
    assert.ok(inside > 0);
    // Lengths and numbers are an array each.
    assert.deepEqual(counts, { calls: 2, uploads: 2, readings: 1 });
  });

  it("leaves what it computes on the device until it is read", () => {
    tf.tidy(() => {
      const sum = tf.add(drawn("x", 3, 4), 1);
      const value = recording()!.value(sum);
      recording()!.recorder.run();
      assert.equal(value.numbers, null);
      assert.ok(value.onDevice);
      assertClose(sum, tf.add(drawn("x", 3, 4), 1), 0);
    });
  });

  it("has a tensor that is uploaded lie there at once, and its array not", () => {
    tf.tidy(() => {
      const watch = watchCalls()!;
      const tensor = upload(Float32Array.of(1, 2, 3), [3]);
      assert.equal(watch.take().uploads, 1);
      watch.stop();
      assert.equal(recording()!.value(tensor).numbers, null);
      assert.deepEqual([...tensor.dataSync()], [1, 2, 3]);
      assert.deepEqual([...tf.neg(tensor).dataSync()], [-1, -2, -3]);
    });
  });

  it("sees what lies on the device in other shapes without moving it", () => {
    tf.tidy(() => {
      const row = upload(Float32Array.of(1, 2, 3, 4), [4]);
      const square = tf.reshape(row, [2, 2]);
      assert.deepEqual([...tf.sum(square, 0).dataSync()], [4, 6]);
      assert.deepEqual([...tf.sum(square, 1).dataSync()], [3, 7]);
      assert.deepEqual([...tf.add(row, tf.reshape(square, [4])).dataSync()], [2, 4, 6, 8]);
    });
  });

  it("takes numbers of all kinds from JavaScript, nothing and much of them", () => {
    tf.tidy(() => {
      const whole = tf.tensor1d([2 ** 31 - 1, -5], "int32");
      assert.deepEqual([...tf.add(whole, tf.tensor1d([0, 1], "int32")).dataSync()], [2 ** 31 - 1, -4]);
      const bits = tf.logicalNot(tf.tensor1d([1, 0, 1], "bool"));
      assert.deepEqual([...bits.dataSync()], [0, 1, 0]);
      assert.deepEqual([...tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])]).dataSync()], [1, 1]);
      assert.deepEqual([...tf.neg(tf.tensor1d([])).dataSync()], []);
      const much = tf.sum(tf.tensor1d(new Float32Array(2 ** 19).fill(1)));
      assert.equal(much.dataSync()[0], 2 ** 19);
    });
  });

  it("takes tensors from other engines, and gives them back", async () => {
    const a = tf.tensor1d([1, 2]);
    const sum = tf.add(a, 1);
    await useEngine("cpu");
    assert.deepEqual([...tf.mul(sum, a).dataSync()], [2, 6]);
    const product = tf.mul(a, 3);
    await useEngine("tensorflow");
    assert.deepEqual([...tf.add(product, a).dataSync()], [4, 8]);
    tf.dispose([a, sum, product]);
  });

  it("multiplies in bfloat16 and float16 where that is asked for, and rounds nothing else", () => {
    const factors = () => [tf.add(drawn("a", 5, 7), 1), drawn("b", 7, 3)] as const;
    const exact = tf.tidy(() => matMul(...factors()).dataSync());
    for (const [precision, tolerance] of [
      ["bf16", 0.05],
      ["fp16", 5e-3],
    ] as const) {
      const made = tf.tidy(() => autocast(precision, () => matMul(...factors())).dataSync());
      assertClose(made, exact, tolerance);
      assert.ok(
        made.some((x, i) => Math.abs(x - exact[i]) > 1e-5),
        precision,
      );
    }
  });

  it("says which part of the model an error comes from, and goes on with what does not depend on it", () => {
    const weight = new Parameter("weight", drawn("w", 3, 4));
    const ids = () => tf.add(tf.tensor1d([2, 1], "int32"), tf.scalar(1, "int32"));
    tf.tidy(() => {
      const pass = new Pass();
      const value = pass.scope("embeddings", () => pass.input(tf.gather(weight.value, ids())));
      assert.throws(() => value.tensor.dataSync(), {
        name: "FrostError",
        message: /^embeddings: Gather of \[3,4\], \[2\] by TensorFlow: .*indices/,
      });
      assert.deepEqual([...tf.neg(tf.tensor1d([1])).dataSync()], [-1]);
    });
    weight.dispose();
  });

  it("gives functions back whose programs were not used for long", () => {
    const device = deviceInUse();
    tf.tidy(() => {
      const x = drawn("x", 4);
      for (let i = 1; i <= 60; i++) {
        let y = x;
        for (let j = 0; j < i; j++) y = tf.neg(y);
        y.dataSync();
      }
    });
    assert.ok(device.defined - device.removed <= 48, `${device.defined} made, ${device.removed} removed`);
  });
});
