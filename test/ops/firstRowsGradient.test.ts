import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { firstRowsGradient } from "../../src/ops/firstRowsGradient/firstRowsGradient";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("firstRowsGradient", () => {
  it("puts the rows at the head of each run, and zeros behind them", () => {
    tf.tidy(() => {
      const dx = firstRowsGradient(tf.tensor2d([1, 2, 3, 4], [2, 2]), 2, 3, null);
      assert.deepEqual(dx.shape, [6, 2]);
      assertClose(dx, [1, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0], 0);
    });
  });

  it("takes several rows a run, all of them as well, and adds what is there already", () => {
    tf.tidy(() => {
      const add = tf.range(0, 12).reshape([6, 2]);
      const two = firstRowsGradient(tf.ones([4, 2]), 2, 3, add);
      assertClose(two, [1, 2, 3, 4, 4, 5, 7, 8, 9, 10, 10, 11], 0);
      assertClose(firstRowsGradient(tf.ones([6, 2]), 2, 3, add), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 0);
      assertClose(add, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0);
    });
  });

  it("is as wide and as long as it is asked to be, and leaves nothing behind", () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [batch, length, width] = [5, 40, 193];
      const dx = firstRowsGradient(tf.ones([batch, width]), batch, length, tf.ones([batch * length, width]));
      const expected = Array.from({ length: batch * length * width }, (_, i) =>
        i % (length * width) < width ? 2 : 1,
      );
      assertClose(dx, expected, 0);
    });
    assert.equal(tf.memory().numTensors, before);
  });
});
