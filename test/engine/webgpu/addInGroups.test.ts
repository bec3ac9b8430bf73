import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { onWebgpu } from "../../onEveryEngine";

onWebgpu("A sum of tensors", () => {
  // 8 is what a shader may bind, the sum among it; then one more, a second group that is full, and one beyond it.
  for (const count of [1, 2, 7, 8, 13, 14, 50])
    it(`of ${count} has all of them`, async () => {
      // Too many numbers for tfjs to leave them to the processor.
      const tensors = Array.from({ length: count }, (_, i) => tf.fill([2000], 2 ** (i % 20)));
      const before = tf.memory().numTensors;
      const sum = tf.addN(tensors);
      assert.equal(tf.memory().numTensors, before + 1);
      const expected = tensors.reduce((total, _, i) => total + 2 ** (i % 20), 0);
      const numbers = await sum.data();
      assert.deepEqual([numbers[0], numbers[1999]], [expected, expected]);
      sum.dispose();
      assert.equal(await tensors[0].data().then((data) => data[5]), 1);
      tf.dispose(tensors);
    });

  it("holds no data between its groups when it is gone", () => {
    const ids = () => tf.engine().backend.numDataIds();
    const tensors = Array.from({ length: 30 }, () => tf.fill([2000], 1));
    const before = ids();
    tf.addN(tensors).dispose();
    assert.equal(ids(), before);
    tf.dispose(tensors);
  });

  it("keeps to whole numbers where all are", async () => {
    const tensors = Array.from({ length: 9 }, (_, i) => tf.fill([2000], i, "int32"));
    const sum = tf.addN(tensors);
    assert.equal(sum.dtype, "int32");
    assert.equal((await sum.data())[7], 36);
    tf.dispose([sum, ...tensors]);
  });
});
