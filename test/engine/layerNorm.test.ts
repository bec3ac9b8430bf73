import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { layerNorm, layerNormGradients } from "../../src/engine/layerNorm";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("layerNorm", () => {
  const rows = () => tf.tensor2d([1, 2, 3, 4, 10, 10, 10, 30], [2, 4]);
  const weight = () => tf.tensor1d([1, 2, 3, 4]);

  it("brings rows to mean 0 and variance 1, then applies weight and bias", () => {
    tf.tidy(() => {
      const { y, normal, scale } = layerNorm(rows(), weight(), tf.tensor1d([0, 0, 1, 1]), 0);
      // The rows' variances are 5/4 and 75.
      assert.deepEqual(scale.shape, [2, 1]);
      assertClose(scale, [0.8944272, 0.1154701], 1e-6);
      assertClose(
        normal,
        [-1.3416408, -0.4472136, 0.4472136, 1.3416408, -0.5773503, -0.5773503, -0.5773503, 1.7320508],
        1e-6,
      );
      assertClose(
        y,
        [-1.3416408, -0.8944272, 2.3416408, 6.3665631, -0.5773503, -1.1547005, -0.7320508, 7.9282032],
        1e-5,
      );
    });
  });

  it("adds eps to the variance, so that a row of one value becomes zeros", () => {
    tf.tidy(() => {
      const { normal, scale } = layerNorm(tf.fill([1, 5], 7), tf.ones([5]), tf.zeros([5]), 0.25);
      assertClose(normal, [0, 0, 0, 0, 0], 0);
      assertClose(scale, [2], 1e-6);
    });
  });

  it("passes a gradient back to the rows that neither shifts nor stretches them", () => {
    tf.tidy(() => {
      const saved = layerNorm(rows(), weight(), tf.zeros([4]), 0);
      const dy = tf.tensor2d([1, -2, 0.5, 3, 0, 1, 0, -1], [2, 4]);
      const dx = layerNormGradients(dy, saved, weight(), [true, false, false])[0]!;
      assertClose(tf.sum(dx, 1), [0, 0], 1e-5);
      assertClose(tf.sum(tf.mul(dx, saved.normal), 1), [0, 0], 1e-5);
    });
  });

  it("gives the gradients of weight and bias as sums over the rows", () => {
    tf.tidy(() => {
      const saved = layerNorm(rows(), weight(), tf.zeros([4]), 0);
      const dy = tf.tensor2d([1, 1, 1, 1, 2, 2, 2, 2], [2, 4]);
      const [dx, dWeight, dBias] = layerNormGradients(dy, saved, weight(), [false, true, true]);
      assert.equal(dx, null);
      assertClose(dWeight!, [-2.4963413, -1.6019141, -0.7074869, 4.8057424], 1e-5);
      assertClose(dBias!, [3, 3, 3, 3], 0);
    });
  });
});
