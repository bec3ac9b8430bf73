// What kernels do at the edges: hidden keys, NaN, shapes that do not fit, memory. conformance.test.ts tries their values.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { wasmHeap } from "../../src/engine/wasmHeap";
import { attention } from "../../src/ops/attention/attention";
import { gelu, geluGradient } from "../../src/ops/gelu/gelu";
import { layerNorm } from "../../src/ops/layerNorm/layerNorm";
import { matMul } from "../../src/ops/matMul/matMul";
import { product, products } from "../../src/ops/products/products";
import { segmentSum } from "../../src/ops/segmentSum/segmentSum";
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

describe("the wasm kernels", () => {
  beforeEach(() => useEngine("wasm"));

  it("give zeros for products over nothing, and nothing for products of nothing", () => {
    tf.tidy(() => {
      // What was here before must not be taken for a sum.
      tf.ones([3, 2]).dispose();
      assertClose(matMul(tf.zeros([3, 0]), tf.zeros([0, 2])), new Float32Array(6), 0);
      assert.deepEqual(matMul(tf.zeros([0, 4]), tf.zeros([4, 2])).shape, [0, 2]);
      assert.deepEqual(matMul(tf.zeros([0, 3, 4]), tf.zeros([0, 4, 2])).shape, [0, 3, 2]);
    });
  });

  it("leave products that are broadcast, and those that do not fit, to tfjs", () => {
    tf.tidy(() => {
      const product = matMul(tf.ones([1, 3, 2]), tf.ones([4, 5, 2]), false, true);
      assert.deepEqual(product.shape, [4, 3, 5]);
      assertClose(product, new Float32Array(60).fill(2), 0);
      assert.throws(() => matMul(tf.ones([2, 3]), tf.ones([2, 3])), { message: /inner shapes/ });
    });
  });

  it("refuse ids outside the table instead of writing beside it", () => {
    for (const id of [4, -1]) {
      const before = tf.memory().numTensors;
      tf.tidy(() =>
        assert.throws(() => segmentSum(tf.ones([3, 2]), tf.tensor1d([0, 1, id], "int32"), 4), {
          message: `segmentSum: expected ids from 0 to 3, got ${id} in row 2`,
        }),
      );
      assert.equal(tf.memory().numTensors, before);
    }
  });

  it("refuse tensors of another type, which they would take for floats", () => {
    tf.tidy(() =>
      assert.throws(() => gelu(tf.tensor1d([1, 2], "int32")), {
        message: "a wasm kernel expected a float32 tensor, got int32 of shape [2]",
      }),
    );
  });

  it("take tensors that were made on another engine", async () => {
    await useEngine("cpu");
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    await useEngine("wasm");
    tf.tidy(() => assertClose(matMul(x, x), [7, 10, 15, 22], 0));
    x.dispose();
  });
});

describe("the wasm engine's memory", () => {
  beforeEach(() => useEngine("wasm"));

  it("may grow, beyond 2 GB too, without a kernel losing its tensors", () => {
    const heap = wasmHeap()!;
    const [a, b] = [tf.fill([3001, 3], 2), tf.ones([3, 3001])];
    // Never written to, so that they take addresses and no memory.
    const far = [heap.make([2 ** 28]), heap.make([2 ** 28])];
    const product = matMul(a, b);
    assert.ok(heap.at(product) > 2 ** 31);
    assertClose(product, new Float32Array(3001 * 3001).fill(6), 0);
    const back = matMul(product, a);
    assertClose(back, new Float32Array(3001 * 3).fill(3001 * 12), 0);
    tf.dispose([a, b, ...far, product, back]);
  });

  it("ends at 4 GB with an error that says so, and with nothing overwritten", () => {
    const x = tf.tensor1d([1, 2, 3]);
    const before = tf.memory().numTensors;
    const message = /^the wasm engine is out of memory: \d+ bytes more do not fit into the 4 GB/;
    assert.throws(() => wasmHeap()!.make([2 ** 30]), { name: "FrostError", message });
    assert.throws(() => wasmHeap()!.make([2 ** 30 - 1]), { name: "FrostError", message });
    assert.equal(tf.memory().numTensors, before);
    assertClose(x, [1, 2, 3], 0);
    x.dispose();
  });

  it("is all that kernels.wasm works on: it brings no memory and no data of its own", () => {
    const bytes = readFileSync(join(__dirname, "../../dist/engine/kernels.wasm"));
    const sections: number[] = [];
    for (let at = 8; at < bytes.length; ) {
      sections.push(bytes[at++]);
      let [length, shift] = [0, 0];
      for (let more = true; more; shift += 7) {
        more = (bytes[at] & 0x80) > 0;
        length |= (bytes[at++] & 0x7f) << shift;
      }
      at += length;
    }
    // WebAssembly core specification, 5.5.2: types, imports, functions, exports and code; 0 for names and the like.
    assert.deepEqual(
      sections.filter((section) => section !== 0),
      [1, 2, 3, 7, 10],
    );
  });
});
