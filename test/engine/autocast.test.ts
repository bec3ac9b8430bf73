import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast, type Precision, precision } from "../../src/engine/autocast";
import { bfloat16Product, tensorflowMultipliesFaster } from "../../src/engine/bfloat16Product";
import { matMul } from "../../src/engine/matMul";
import { nativeKernels } from "../../src/engine/nativeKernels";
import { product, productAndRowSums } from "../../src/engine/product";
import { scaledDotProductAttention } from "../../src/engine/scaledDotProductAttention";
import { activation } from "../../src/nn/activation";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

/** To the nearest bfloat16, of two to the even one. */
function rounded(x: number): number {
  const [bits] = new Uint32Array(Float32Array.of(x).buffer);
  return new Float32Array(
    Uint32Array.of(((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0).buffer,
  )[0];
}

onEveryEngine("autocast", (engine) => {
  it("holds while it computes, and no longer, be it that the computation fails", () => {
    assert.equal(precision(), "fp32");
    assert.equal(
      autocast("fp32", () => precision()),
      "fp32",
    );
    if (engine !== "tensorflow") return;
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

  it("refuses what it does not know, and half precision where the engine has none", () => {
    assert.throws(() => autocast("fp8" as Precision, () => 0), {
      name: "InputError",
      message: /^precision: /,
    });
    if (engine === "tensorflow") return;
    assert.throws(() => autocast("bf16", () => 0), {
      name: "InputError",
      message: `precision: expected fp32, which is all that engine ${engine} computes with, got bf16; engine tensorflow has it`,
    });
  });

  it("rounds the factors of products to bfloat16 and adds up in float32", () => {
    if (engine !== "tensorflow") return;
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [m, k, n] = [17, 300, 33];
      const a = tf.randomNormal([m, k], 0, 1, "float32", 1);
      const b = tf.randomNormal([k, n], 0, 1, "float32", 2);
      const [roundA, roundB] = [a, b].map((x) => tf.tensor(x.dataSync().map(rounded), x.shape));
      const expected = matMul(roundA, roundB).dataSync();
      // What TensorFlow multiplies it also rounds at the end, to 8 bits; the native kernel does not.
      assertClose(
        autocast("bf16", () => product({ a, b })),
        expected,
        0.3,
      );
      assertClose(bfloat16Product(a, b, false, false), expected, 0.3);
      assertClose(bfloat16Product(tf.transpose(a), tf.transpose(b), true, true), expected, 0.3);
      assertClose(
        autocast("bf16", () => matMul(a, b)),
        expected,
        0.3,
      );
      const full = product({ a, b }).dataSync();
      const half = autocast("bf16", () => product({ a, b })).dataSync();
      assert.ok(half.some((x, i) => Math.abs(x - full[i]) > 1e-3));
    });
    assert.equal(tf.memory().numTensors, before);
  });

  it("multiplies bfloat16 of any size, activated, transposed and summed up as dense layers ask", () => {
    if (engine !== "tensorflow") return;
    const gelu = activation("gelu");
    const exact = nativeKernels() !== null && !tensorflowMultipliesFaster();
    const round = (x: tf.Tensor) => tf.tensor(x.dataSync().map(rounded), x.shape);
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
            const { y, sums } = autocast("bf16", () =>
              productAndRowSums({ ...factors, activationA: gelu, add }),
            );
            const left = gelu.forward(a);
            const expected = tf.add(tf.matMul(round(left), round(b), transposeA, transposeB), add);
            const what = `${m} x ${k} x ${n}`;
            // A gelu that differs in its last bit may round to another bfloat16.
            assertClose(y, expected.dataSync(), exact ? 0.02 + 1e-5 * k : 0.05 * Math.sqrt(k), what);
            assertClose(sums, tf.sum(left, transposeA ? 0 : 1).dataSync(), 0.05 * Math.sqrt(k), what);
            if (!exact) return;
            const plain = tf.matMul(round(a), round(b), transposeA, transposeB).dataSync();
            assertClose(
              autocast("bf16", () => product(factors)),
              plain,
              2e-6 * k + 1e-5,
              what,
            );
          });
  });

  it("keeps attention's weights within bfloat16's rounding of those in float32", () => {
    if (engine !== "tensorflow") return;
    tf.tidy(() => {
      const [query, key, value] = [1, 2, 3].map((seed) => tf.randomNormal([10, 8], 0, 1, "float32", seed));
      const attended = { query, key, value, batchSize: 2, heads: 2 };
      const mask = tf.zeros([2, 1, 1, 5]);
      const full = scaledDotProductAttention(attended, mask);
      const half = autocast("bf16", () => scaledDotProductAttention(attended, mask));
      assertClose(half.weights, full.weights.dataSync(), 0.02);
      assertClose(half.output, full.output.dataSync(), 0.04);
      assertClose(tf.sum(half.weights, -1), new Float32Array(20).fill(1), 1e-5);
    });
  });
});
