import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { upload, uploadFilled } from "../../src/engine/upload";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("upload", () => {
  it("makes a tensor of an array", () => {
    tf.tidy(() => assertClose(upload(Float32Array.of(1, 2, 3, 4), [2, 2]), [1, 2, 3, 4], 0));
  });

  it("has an array of zeros filled, and makes a tensor of it", () => {
    const before = tf.memory().numTensors;
    const tensor = uploadFilled([2, 3], (values) => {
      assert.equal(values.length, 6);
      values.set([1, 2, 3], 1);
    });
    assert.deepEqual(tensor.shape, [2, 3]);
    assertClose(tensor, [0, 1, 2, 3, 0, 0], 0);
    assert.equal(tf.memory().numTensors, before + 1);
    tensor.dispose();
  });

  it("leaves a tensor as it is when the next is filled, and nothing of it to the next", () => {
    tf.tidy(() => {
      // Sizes that TensorFlow may read where they lie, and others that it copies anyway.
      for (const size of [5, 64, 4096, 100_000]) {
        const ones = uploadFilled([size], (values) => values.fill(1));
        const empty = uploadFilled([size - 1], () => {});
        const twos = uploadFilled([size + 1], (values) => values.fill(2));
        assertClose(ones, new Float32Array(size).fill(1), 0);
        assertClose(empty, new Float32Array(size - 1), 0);
        assertClose(twos, new Float32Array(size + 1).fill(2), 0);
      }
    });
  });

  it("does not keep what is too large to be kept for the next", () => {
    tf.tidy(() => {
      const size = 2 ** 22 + 1;
      const large = uploadFilled([size], (values) => values.fill(3, size - 2));
      assertClose(tf.slice(large, size - 3), [0, 3, 3], 0);
      assertClose(tf.max(uploadFilled([size], () => {})), [0], 0);
    });
  });
});
