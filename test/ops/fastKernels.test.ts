// What kernels do at the edges: hidden keys, NaN, shapes that do not fit. conformance.test.ts tries their values.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { attention } from "../../src/ops/attention/attention";
import { gelu, geluGradient } from "../../src/ops/gelu/gelu";
import { layerNorm } from "../../src/ops/layerNorm/layerNorm";
import { matMul } from "../../src/ops/matMul/matMul";
import { product, products } from "../../src/ops/products/products";
import { sumOfSquares } from "../../src/ops/sumOfSquares/sumOfSquares";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";

onEveryFastEngine("fast kernels", (engine) => {
  it("refuse products that do not fit together", async () => {
    await useEngine(engine);
    tf.tidy(() => {
      const [a, b] = [tf.ones([2, 3]), tf.ones([3, 4])];
      const message = /^matrix product 1: .* cannot be added to product [01]/;
      for (const wrong of [
        { a: tf.ones([1, 3]), b, into: 0 },
        { a, b, into: 1 },
        { a, b, into: 0, bias: tf.ones([4]) },
      ])
        assert.throws(() => products([{ a, b }, wrong]), { message });
      assert.throws(() => product({ a: tf.ones([2, 3]), b: tf.ones([2, 3]) }));
      assert.throws(() => product({ a: tf.ones([2, 3]), b: tf.ones([3, 4]), bias: tf.ones([3]) }));
    });
  });

  it("give zeros for products over nothing, and nothing for products of nothing", () => {
    tf.tidy(() => {
      // What was here before must not be taken for a sum.
      tf.ones([3, 2]).dispose();
      assertClose(matMul(tf.zeros([3, 0]), tf.zeros([0, 2])), new Float32Array(6), 0);
      assert.deepEqual(matMul(tf.zeros([0, 4]), tf.zeros([4, 2])).shape, [0, 2]);
      assert.deepEqual(matMul(tf.zeros([0, 3, 4]), tf.zeros([0, 4, 2])).shape, [0, 3, 2]);
    });
  });

  it("give a hidden key the weight 0, and keys that are all hidden the same weight", () => {
    tf.tidy(() => {
      const [query, key, value] = [tf.ones([1, 2]), tf.ones([5, 2]), tf.ones([5, 2])];
      const weigh = (mask: number[]) =>
        attention({ query, key, value, batchSize: 1, heads: 1, mask: tf.tensor4d(mask, [1, 1, 1, 5]) })
          .weights;
      assertClose(weigh([0, 0, 0, 0, -1e9]), [0.25, 0.25, 0.25, 0.25, 0], 0);
      assertClose(weigh([0, -90, 0, Number.NEGATIVE_INFINITY, -1e9]), [0.5, 0, 0.5, 0, 0], 0);
      assertClose(weigh([-1e9, -1e9, -1e9, -1e9, -1e9]), new Float32Array(5).fill(0.2), 1e-7);
    });
  });

  it("pass NaN on, so that a training that diverged is noticed", () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1, Number.NaN, 3, 4, 5, 6], [1, 6]);
      const spoilt = (y: tf.Tensor) => [...y.dataSync()].map(Number.isNaN);
      const one = [false, true, false, false, false, false];
      assert.deepEqual(spoilt(gelu(x)), one);
      assert.deepEqual(spoilt(geluGradient(tf.onesLike(x), x)), one);
      assert.deepEqual(spoilt(tf.sum(x, 0)), one);
      assert.ok(spoilt(sumOfSquares([x])).every(Boolean));
      assert.ok(spoilt(matMul(x, x, false, true)).every(Boolean));
      assert.ok(
        spoilt(layerNorm({ x, weight: tf.ones([6]), bias: tf.zeros([6]), eps: 1e-5 }).y).every(Boolean),
      );
      const attended = { query: x, key: x, value: x, batchSize: 1, heads: 1, mask: tf.zeros([1, 1, 1, 1]) };
      assert.ok(spoilt(attention(attended).weights).every(Boolean));
    });
  });
});
