import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { wasmHeap } from "../../src/engine/wasmHeap";
import { assertClose } from "../close";

describe("the kernels that replace tfjs's on wasm", () => {
  before(async () => {
    await useEngine("wasm");
    wasmHeap();
  });

  it("let a clone share its values, each to be disposed on its own", () => {
    const x = tf.tensor1d([1, 2, 3]);
    const { numDataBuffers, numTensors } = tf.memory();
    const y = x.clone();
    assert.equal(tf.memory().numDataBuffers, numDataBuffers);
    assert.equal(tf.memory().numTensors, numTensors + 1);
    x.dispose();
    assertClose(y, [1, 2, 3], 0);
    y.dispose();
    assert.equal(tf.memory().numTensors, numTensors - 1);
  });

  it("let a clone keep its type", () => {
    tf.tidy(() => {
      const clone = tf.tensor1d([1, 0], "bool").clone();
      assert.equal(clone.dtype, "bool");
      assert.deepEqual([...clone.dataSync()], [1, 0]);
      assert.deepEqual(tf.tensor1d(["a", "b"]).clone().dataSync(), ["a", "b"]);
    });
  });

  it("sum over leading axes, keeping them on request", () => {
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 30), [2, 3, 5]);
      assertClose(tf.sum(x, 0), [15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43], 0);
      assert.deepEqual(tf.sum(x, 0).shape, [3, 5]);
      assertClose(tf.sum(x, [1, 0]), [75, 81, 87, 93, 99], 0);
      assert.deepEqual(tf.sum(x, [-3, 1], true).shape, [1, 1, 5]);
      assertClose(tf.sum(tf.zeros([0, 3]), 0), [0, 0, 0], 0);
    });
  });

  it("leave every other sum as it was", () => {
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 30), [2, 3, 5]);
      assertClose(tf.sum(x), [435], 0);
      assertClose(tf.sum(x, [0, 1, 2]), [435], 0);
      assertClose(tf.sum(x, -1), [10, 35, 60, 85, 110, 135], 0);
      assertClose(tf.sum(x, [0, 2]), [95, 145, 195], 0);
      assertClose(tf.sum(x, [1]), [15, 18, 21, 24, 27, 60, 63, 66, 69, 72], 0);
      const whole = tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), 0);
      assert.equal(whole.dtype, "int32");
      assertClose(whole, [4, 6], 0);
    });
  });

  it("look up rows, in the order and shape of their ids", () => {
    tf.tidy(() => {
      const table = tf.tensor2d([0, 1, 10, 11, 20, 21], [3, 2]);
      assertClose(tf.gather(table, [2, 0, 2]), [20, 21, 0, 1, 20, 21], 0);
      assert.deepEqual(tf.gather(table, tf.tensor2d([2, 0, 1, 1], [2, 2], "int32")).shape, [2, 2, 2]);
      assert.deepEqual(tf.gather(table, tf.tensor1d([], "int32")).shape, [0, 2]);
      assertClose(tf.gather(tf.tensor1d([5, 6, 7]), [1]), [6], 0);
    });
  });

  it("leave looking up along another axis, or in another type, as it was", () => {
    tf.tidy(() => {
      const table = tf.tensor2d([0, 1, 10, 11, 20, 21], [3, 2]);
      assertClose(tf.gather(table, [1], 1), [1, 11, 21], 0);
      assertClose(tf.gather(tf.tensor1d([5, 6, 7], "int32"), [2]), [7], 0);
    });
  });

  it("refuse an id outside the table in tfjs's words, and leave nothing behind", () => {
    const table = tf.ones([3, 2]);
    const before = tf.memory().numTensors;
    for (const id of [3, -1])
      assert.throws(() => tf.tidy(() => tf.gather(table, tf.tensor1d([0, id], "int32"))), {
        message: `GatherV2: the index value ${id} is not in [0, 2]`,
      });
    assert.equal(tf.memory().numTensors, before);
    table.dispose();
  });
});
