import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../../src/ops/dropoutMask/dropoutMask";
import { layerNorm } from "../../src/ops/layerNorm/layerNorm";
import { layerNormGradients } from "../../src/ops/layerNorm/layerNormGradients";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("layerNorm", () => {
  const rows = () => tf.tensor2d([1, 2, 3, 4, 10, 10, 10, 30], [2, 4]);
  const weight = () => tf.tensor1d([1, 2, 3, 4]);
  const none = { x: false, residual: false, weight: false, bias: false };

  it("brings rows to mean 0 and variance 1, then applies weight and bias", () => {
    tf.tidy(() => {
      const { y, normal, scale } = layerNorm({
        x: rows(),
        weight: weight(),
        bias: tf.tensor1d([0, 0, 1, 1]),
        eps: 0,
      });
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
      const { normal, scale } = layerNorm({
        x: tf.fill([1, 5], 7),
        weight: tf.ones([5]),
        bias: tf.zeros([5]),
        eps: 0.25,
      });
      assertClose(normal, [0, 0, 0, 0, 0], 0);
      assertClose(scale, [2], 1e-6);
    });
  });

  it("passes a gradient back to the rows that neither shifts nor stretches them", () => {
    tf.tidy(() => {
      const saved = layerNorm({ x: rows(), weight: weight(), bias: tf.zeros([4]), eps: 0 });
      const dy = tf.tensor2d([1, -2, 0.5, 3, 0, 1, 0, -1], [2, 4]);
      const dx = layerNormGradients({
        dy,
        ...saved,
        weight: weight(),
        drop: null,
        wanted: { ...none, x: true },
      }).x!;
      assertClose(tf.sum(dx, 1), [0, 0], 1e-5);
      assertClose(tf.sum(tf.mul(dx, saved.normal), 1), [0, 0], 1e-5);
    });
  });

  it("gives the gradients of weight and bias as sums over the rows", () => {
    tf.tidy(() => {
      const saved = layerNorm({ x: rows(), weight: weight(), bias: tf.zeros([4]), eps: 0 });
      const dy = tf.tensor2d([1, 1, 1, 1, 2, 2, 2, 2], [2, 4]);
      const gradients = layerNormGradients({
        dy,
        ...saved,
        weight: weight(),
        drop: null,
        wanted: { ...none, weight: true, bias: true },
      });
      assert.equal(gradients.x, null);
      assert.equal(gradients.residual, null);
      assertClose(gradients.weight!, [-2.4963413, -1.6019141, -0.7074869, 4.8057424], 1e-5);
      assertClose(gradients.bias!, [3, 3, 3, 3], 0);
    });
  });

  it("drops elements and adds a residual first, and passes the gradient back through both", () => {
    tf.tidy(() => {
      const drop = { rate: 0.5, seed: 3 };
      const [x, residual, dy] = [rows(), tf.tensor2d([4, 3, 2, 1, 1, 2, 3, 5], [2, 4]), tf.square(rows())];
      const mask = dropoutMask([2, 4], drop);
      const bias = tf.zeros([4]);
      const fused = layerNorm({ x, drop, residual, weight: weight(), bias: bias, eps: 1e-3 });
      const composed = layerNorm({
        x: tf.add(tf.mul(x, mask), residual),
        weight: weight(),
        bias: bias,
        eps: 1e-3,
      });
      for (const key of ["y", "normal", "scale"] as const)
        assertClose(fused[key], composed[key].dataSync(), 1e-6);
      const all = { x: true, residual: true, weight: true, bias: true };
      const expected = layerNormGradients({ dy, ...composed, weight: weight(), drop: null, wanted: all });
      const gradients = layerNormGradients({ dy, ...fused, weight: weight(), drop, wanted: all });
      assertClose(gradients.residual!, expected.x!.dataSync(), 1e-3);
      assertClose(gradients.x!, tf.mul(expected.x!, mask).dataSync(), 1e-3);
      assertClose(gradients.weight!, expected.weight!.dataSync(), 1e-3);
    });
  });

  it("gives a residual without dropout the gradient of x, in a tensor of its own", () => {
    tf.tidy(() => {
      const saved = layerNorm({ x: rows(), residual: rows(), weight: weight(), bias: tf.zeros([4]), eps: 0 });
      const { x, residual } = layerNormGradients({
        dy: tf.square(rows()),
        ...saved,
        weight: weight(),
        drop: null,
        wanted: {
          ...none,
          x: true,
          residual: true,
        },
      });
      x!.dispose();
      assert.ok(residual!.dataSync().some((value) => value !== 0));
    });
  });
});
