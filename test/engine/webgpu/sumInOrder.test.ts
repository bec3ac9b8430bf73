import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../../../src/random";
import { onWebgpu } from "../../onEveryEngine";

const random = new Random(1, "sums");
const numbers = (count: number) =>
  Float32Array.from({ length: count }, () => random.normal() * 10 ** (random.uniform() * 6));

/** Rows of one id added up in their order, each sum rounded to float32. */
function inOrder(x: Float32Array, ids: number[], width: number, segments: number): number[] {
  const sums = new Float32Array(segments * width);
  for (const [row, id] of ids.entries())
    for (let column = 0; column < width; column++) sums[id * width + column] += x[row * width + column];
  return Array.from(sums);
}

onWebgpu("A sum of the rows that share an id", () => {
  for (const [rows, width, segments] of [
    [1, 1, 1],
    [5, 3, 9],
    [300, 1, 2],
    [200, 33, 7],
    [64, 64, 5000],
  ])
    it(`of ${rows} rows of ${width} in ${segments} segments is theirs in the order of the rows, to the bit`, async () => {
      const x = numbers(rows * width);
      const ids = Array.from({ length: rows }, () => random.integer(segments));
      const given = tf.tensor2d(x, [rows, width]);
      const places = tf.tensor1d(ids, "int32");
      const sums = tf.unsortedSegmentSum(given, places, segments);
      assert.deepEqual(sums.shape, [segments, width]);
      assert.deepEqual(Array.from(await sums.data()), inOrder(x, ids, width, segments));
      tf.dispose([given, places, sums]);
    });

  it("is the same however often it is computed", async () => {
    const given = tf.tensor2d(numbers(512 * 40), [512, 40]);
    const places = tf.tensor1d(
      Array.from({ length: 512 }, () => random.integer(3)),
      "int32",
    );
    const seen = new Set<string>();
    for (let time = 0; time < 10; time++) {
      const sums = tf.unsortedSegmentSum(given, places, 3);
      seen.add(String(await sums.data()));
      sums.dispose();
    }
    assert.equal(seen.size, 1);
    tf.dispose([given, places]);
  });

  it("keeps the dimensions behind the first, whole numbers whole, and what is not finite in its own segment", async () => {
    const given = tf.tensor3d([1, 2, 3, 4, NaN, 6, 7, 8], [4, 2, 1]);
    const places = tf.tensor1d([2, 0, 1, 2], "int32");
    const sums = tf.unsortedSegmentSum(given, places, 4);
    assert.deepEqual(sums.shape, [4, 2, 1]);
    assert.deepEqual(Array.from(await sums.data()), [3, 4, NaN, 6, 8, 10, 0, 0]);
    const whole = tf.unsortedSegmentSum(tf.tensor1d([5, 6, 7], "int32"), tf.tensor1d([1, 1, 0], "int32"), 2);
    assert.equal(whole.dtype, "int32");
    assert.deepEqual(Array.from(await whole.data()), [7, 11]);
  });

  it("holds its sums alone", () => {
    const ids = () => tf.engine().backend.numDataIds();
    const given = tf.zeros([6, 4]);
    const places = tf.tensor1d([0, 1, 2, 0, 1, 2], "int32");
    const sums = tf.unsortedSegmentSum(given, places, 3);
    const before = ids();
    sums.dispose();
    assert.equal(ids(), before - 1);
    tf.dispose([given, places]);
    assert.equal(ids(), before - 3);
  });
});

onWebgpu("A product of long rows", () => {
  // As many terms as make tfjs split the sums of what is so narrow.
  for (const { transposeA, transposeB } of [
    { transposeA: false, transposeB: false },
    { transposeA: true, transposeB: false },
    { transposeA: false, transposeB: true },
  ])
    it(`is the same however often it is computed${transposeA ? ", the first transposed" : transposeB ? ", the second transposed" : ""}`, async () => {
      const [rows, terms, columns] = [12, 4100, 20];
      const flag = tf.env().getNumber("WEBGPU_MATMUL_PROGRAM_TYPE");
      const a = tf.tensor2d(numbers(rows * terms), transposeA ? [terms, rows] : [rows, terms]);
      const b = tf.tensor2d(numbers(terms * columns), transposeB ? [columns, terms] : [terms, columns]);
      const seen = new Set<string>();
      for (let time = 0; time < 10; time++) {
        const product = tf.matMul(a, b, transposeA, transposeB);
        seen.add(String(await product.data()));
        product.dispose();
      }
      assert.equal(seen.size, 1);
      assert.equal(tf.env().getNumber("WEBGPU_MATMUL_PROGRAM_TYPE"), flag);
      tf.dispose([a, b]);
    });

  it("is what it has to be", async () => {
    const a = tf.ones([20, 3000]);
    const b = tf.fill([3000, 20], 2);
    const product = tf.matMul(a, b);
    assert.deepEqual(new Set(await product.data()), new Set([6000]));
    tf.dispose([a, b, product]);
  });
});
