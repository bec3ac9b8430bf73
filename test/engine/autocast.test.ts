import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { toFloat32 } from "../../src/checkpoint/toFloat32";
import { toBfloat16, toFloat16 } from "../../src/checkpoint/toHalf";
import { autocast, type Half, type Precision, precision } from "../../src/engine/autocast";
import { nativeKernels } from "../../src/engine/nativeKernels";
import type { TensorflowBackend } from "../../src/engine/TensorflowBackend";
import type { EngineName } from "../../src/engine/useEngine";
import { activation } from "../../src/nn/activation";
import { attention } from "../../src/ops/attention/attention";
import { attentionGradients } from "../../src/ops/attention/attentionGradients";
import { halfProduct, tensorflowMultipliesFaster } from "../../src/ops/matMul/halfProduct";
import { matMul } from "../../src/ops/matMul/matMul";
import { product, products } from "../../src/ops/products/products";
import { assertClose } from "../close";
import { onEveryEngine, withoutHalf } from "../onEveryEngine";

/** To the nearest number of 16 bits, of two to the even one. */
function rounded(half: Half, x: tf.Tensor): tf.Tensor {
  const values = x.dataSync() as Float32Array;
  const bits = new Uint16Array(values.length);
  assert.equal((half === "bf16" ? toBfloat16 : toFloat16)(values, bits), -1);
  const back = new Float32Array(values.length);
  toFloat32(half === "bf16" ? "BF16" : "F16", bits, back);
  return tf.tensor(back, x.shape);
}

/** How far a product of these tests may be off by rounding its sums, which are below 64, to 8 or 11 bits, and attention by more of it. */
const ROUNDING = { bf16: 0.3, fp16: 0.02 } as const;
const HALVES = ["bf16", "fp16"] as const;
const gelu = activation("gelu");

onEveryEngine("autocast", (engine) => {
  it("is float32 where nothing else is asked for", () => {
    assert.equal(precision(), "fp32");
    assert.equal(
      autocast("fp32", () => precision()),
      "fp32",
    );
  });

  it("holds while it computes, and no longer, be it that the computation fails", {
    skip: withoutHalf(engine),
  }, () => {
    assert.equal(
      autocast("bf16", () => autocast("fp32", () => precision()) + precision()),
      "fp32bf16",
    );
    assert.throws(() =>
      autocast("bf16", () => {
        throw new Error("on the way");
      }),
    );
    assert.equal(precision(), "fp32");
  });

  it("refuses what it does not know", () => {
    assert.throws(() => autocast("fp8" as Precision, () => 0), {
      name: "InputError",
      message: /^precision: /,
    });
  });

  it("refuses half precision where the engine has none", {
    skip: !withoutHalf(engine) && "the engine has it",
  }, () => {
    for (const half of HALVES)
      assert.throws(() => autocast(half, () => 0), {
        name: "InputError",
        message: `precision: expected fp32, which is all that engine ${engine} computes with, got ${half}; engine tensorflow has it`,
      });
  });

  for (const half of HALVES) productTests(engine, half);

  it("multiplies bfloat16 of any size, activated, transposed and summed up as dense layers ask", {
    skip: withoutHalf(engine),
  }, () => {
    const exact = nativeKernels() !== null && !tensorflowMultipliesFaster();
    const round = (x: tf.Tensor) => rounded("bf16", x);
    for (const [m, k, n] of [
      [1, 1, 1],
      [13, 2, 31],
      [15, 17, 33],
      [19, 64, 70],
      [23, 385, 32],
      [40, 2051, 5],
      [2, 4097, 40],
    ])
      for (const transposeA of [false, true])
        for (const transposeB of [false, true])
          tf.tidy(() => {
            const a = tf.randomNormal(transposeA ? [k, m] : [m, k], 0, 1, "float32", 1);
            const b = tf.randomNormal(transposeB ? [n, k] : [k, n], 0, 1, "float32", 2);
            const add = tf.randomNormal([m, n], 0, 1, "float32", 3);
            const factors = { a, b, transposeA, transposeB };
            const y = autocast("bf16", () => product({ ...factors, activationA: gelu, add }));
            const left = gelu.forward(a);
            const expected = tf.add(tf.matMul(round(left), round(b), transposeA, transposeB), add);
            const what = `${m} x ${k} x ${n}`;
            // A gelu that differs in its last bit may round to another bfloat16.
            assertClose(y, expected.dataSync(), exact ? 0.02 + 1e-5 * k : 0.05 * Math.sqrt(k), what);
            // Sums take the numbers as they are.
            const [{ sums }] = autocast("bf16", () => products([{ ...factors, rowSums: true }]));
            assertClose(sums!, tf.sum(a, transposeA ? 0 : 1).dataSync(), 2e-6 * k + 1e-5, what);
            const plain = tf.matMul(round(a), round(b), transposeA, transposeB).dataSync();
            const given = autocast("bf16", () => product(factors));
            // What TensorFlow multiplies it also rounds at the end.
            assertClose(given, plain, exact ? 2e-6 * k + 1e-5 : 0.05 * Math.sqrt(k), what);
          });
  });

  it("adds up in float32, and has no sums beyond float16 in it", { skip: withoutHalf(engine) }, () => {
    const sum = (count: number, value: number) => {
      const ones = tf.fill([1, count], value);
      const product = halfProduct(backend(), "fp16", ones, tf.ones([count, 1]), false, false);
      return product.dataSync()[0];
    };
    tf.tidy(() => {
      // In float16 the sum would stay at 2048, where the next number is 2050.
      assert.equal(sum(2 ** 14, 1), 2 ** 14);
      assert.equal(sum(16, 4000), 64000);
      assert.equal(sum(17, 4000), Number.POSITIVE_INFINITY);
      assert.equal(sum(1, 70000), Number.POSITIVE_INFINITY);
    });
  });
});

const backend = () => tf.backend() as unknown as TensorflowBackend;

function productTests(engine: EngineName, half: Half): void {
  it(`rounds the factors of products to ${half} and adds up in float32`, {
    skip: withoutHalf(engine),
  }, () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [m, k, n] = [17, 300, 33];
      const a = tf.randomNormal([m, k], 0, 1, "float32", 1);
      const b = tf.randomNormal([k, n], 0, 1, "float32", 2);
      const expected = matMul(rounded(half, a), rounded(half, b)).dataSync();
      // What TensorFlow multiplies it also rounds at the end; the native kernel does not.
      for (const compute of [
        () => autocast(half, () => product({ a, b })),
        () => autocast(half, () => matMul(a, b)),
        () => halfProduct(backend(), half, a, b, false, false),
        () => halfProduct(backend(), half, tf.transpose(a), tf.transpose(b), true, true),
      ])
        assertClose(compute(), expected, ROUNDING[half]);
      const full = product({ a, b }).dataSync();
      const less = autocast(half, () => product({ a, b })).dataSync();
      assert.ok(less.some((x, i) => Math.abs(x - full[i]) > 1e-3));
    });
    assert.equal(tf.memory().numTensors, before);
  });

  it(`does to a product in ${half} what stands before and after it, in float32`, {
    skip: withoutHalf(engine),
  }, () => {
    tf.tidy(() => {
      const [a, b, add] = [1, 2, 3].map((seed) => tf.randomNormal([8, 8], 0, 1, "float32", seed));
      const bias = tf.randomNormal([8], 0, 1, "float32", 4);
      const options = { a, b, bias, add, activationB: gelu, slope: { f: gelu, x: add }, rowSums: true };
      const [{ y, sums }] = products([options]);
      const less = autocast(half, () => products([options]))[0];
      assertClose(less.y!, y!.dataSync(), ROUNDING[half] / 4);
      assertClose(less.sums!, sums!.dataSync(), 1e-6);
    });
  });

  it(`keeps attention in ${half} within its rounding of that in float32, there and back`, {
    skip: withoutHalf(engine),
  }, () => {
    tf.tidy(() => {
      const [query, key, value] = [1, 2, 3].map((seed) => tf.randomNormal([10, 8], 0, 1, "float32", seed));
      const attended = { query, key, value, batchSize: 2, heads: 2 };
      const mask = tf.zeros([2, 1, 1, 5]);
      const full = attention({ ...attended, mask });
      const less = autocast(half, () => attention({ ...attended, mask }));
      assertClose(less.weights, full.weights.dataSync(), ROUNDING[half] / 10);
      assertClose(less.output, full.output.dataSync(), ROUNDING[half] / 6);
      assertClose(tf.sum(less.weights, -1), new Float32Array(20).fill(1), 1e-5);
      const wanted = { query: true, key: true, value: true };
      const back = (weights: tf.Tensor) =>
        Object.values(attentionGradients({ ...attended, dy: query, weights, wanted }));
      const gradients = back(full.weights).map((gradient) => gradient!.dataSync());
      const lesser = autocast(half, () => back(less.weights));
      for (const [i, gradient] of lesser.entries()) assertClose(gradient!, gradients[i], ROUNDING[half] / 4);
    });
  });
}
