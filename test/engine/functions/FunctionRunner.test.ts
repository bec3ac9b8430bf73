// What is true of steps that run as functions of TensorFlow; that operations are computed rightly, lowerings.test.ts says.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast } from "../../../src/engine/autocast";
import { recording } from "../../../src/engine/recorder/recording";
import { upload } from "../../../src/engine/upload";
import { useEngine } from "../../../src/engine/useEngine";
import { type Calls, watchCalls } from "../../../src/engine/watchCalls";
import { Parameter } from "../../../src/nn/Parameter";
import { Pass } from "../../../src/nn/Pass";
import { drawn } from "../../../src/ops/drawn";
import { matMul } from "../../../src/ops/matMul/matMul";
import { fineTune } from "../../../src/training/fineTune";
import { assertClose } from "../../close";
import { loadTiny, tinyWithDropout, toyRows } from "../../training/toyData";
import { asOnGpu, deviceInUse } from "./asGpu";

asOnGpu("A step as functions", () => {
  /** What each step of a run costs: calls into TensorFlow, and those of them that hand it an array. */
  const stepsOf = async ({ length = 24, batchSize = 4, seed = 3 } = {}) => {
    const model = await loadTiny(tinyWithDropout());
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
    model.dispose();
    return steps;
  };

  it("is a handful of calls: one function for forward and backward, four for the update, and one reading", async () => {
    // The first of each epoch computes features as well.
    const steps = (await stepsOf()).filter((_, i) => i % 6 > 0);
    assert.equal(steps.length, 10);
    for (const { calls, uploads, readings, defined } of steps) {
      assert.equal(defined, 0);
      assert.equal(readings, 1);
      assert.ok(uploads <= 12, `${uploads} arrays`);
      assert.ok(calls <= 7, `${calls} calls`);
    }
  });

  it("needs no more functions for batches of other lengths, and none for the next run", async () => {
    const first = await stepsOf({ batchSize: 5 });
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
  });

  it("gives the losses of plain JavaScript, dropout's masks included", async () => {
    const here = await stepsOf();
    await useEngine("cpu");
    const model = await loadTiny(tinyWithDropout());
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
