// The kernels of src/engine/kernels/ (wasm) and src/engine/native/kernels/ (TensorFlow on a CPU) against the same functions composed
// of tfjs's ops, which plain JavaScript computes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { adamWUpdate } from "../../src/engine/adamWUpdate";
import { dropoutMask } from "../../src/engine/dropoutMask";
import { gelu, geluGradient } from "../../src/engine/gelu";
import { layerNorm, layerNormGradients } from "../../src/engine/layerNorm";
import { matMul } from "../../src/engine/matMul";
import { product, products } from "../../src/engine/product";
import {
  scaledDotProductAttention,
  scaledDotProductAttentionGradients,
} from "../../src/engine/scaledDotProductAttention";
import { segmentSum } from "../../src/engine/segmentSum";
import { sumOfSquares } from "../../src/engine/sumOfSquares";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { wasmHeap } from "../../src/engine/wasmHeap";
import { activation } from "../../src/nn/activation";
import { Random } from "../../src/random";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";

/** Normal values, the same for the same name and shape on every engine. */
function drawn(name: string, ...shape: number[]): tf.Tensor {
  const random = new Random("kernels", name, ...shape);
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
  return tf.tensor(values, shape, "float32");
}

type Results = (tf.Tensor | null)[];

/** What `run` gives: shapes and values, nothing left behind. */
function taken(run: () => Results): ({ shape: number[]; values: Float32Array } | null)[] {
  const before = tf.memory().numTensors;
  let read: ReturnType<typeof taken> = [];
  tf.tidy(() => {
    read = run().map((x) => x && { shape: x.shape, values: x.dataSync<"float32">() });
  });
  assert.equal(tf.memory().numTensors, before, "tensors were left behind");
  return read;
}

/** Asserts that an engine gives what plain JavaScript gives, up to rounding. */
async function agreeOn(
  engine: EngineName,
  what: string,
  run: () => Results,
  tolerance = 1e-5,
): Promise<void> {
  await useEngine("cpu");
  const expected = taken(run);
  await useEngine(engine);
  const actual = taken(run);
  assert.equal(actual.length, expected.length);
  actual.forEach((result, i) => {
    assert.deepEqual(result?.shape, expected[i]?.shape, `${what}, result ${i}`);
    if (result) assertClose(result.values, expected[i]!.values, tolerance, `${what}, result ${i}`);
  });
}

const subsets = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [4, 2, 1].map((bit) => (bits & bit) > 0));
const SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 1001];

onEveryFastEngine("fast kernels", (engine) => {
  const agree = (what: string, run: () => Results, tolerance?: number) =>
    agreeOn(engine, what, run, tolerance);

  it("multiply matrices of any size with all that a dense layer does before and after", async () => {
    const sizes = [
      [1, 1, 1],
      [2, 3, 5],
      [13, 31, 17],
      [14, 32, 384],
      [15, 33, 385],
      [29, 70, 800],
      [200, 5, 40],
      // Few rows by a large matrix.
      [1, 100, 40],
      [17, 75, 1500],
      [32, 193, 512],
    ];
    for (const [m, n, depth] of sizes)
      for (const [transposeA, transposeB] of [
        [false, false],
        [false, true],
        [true, false],
        [true, true],
      ])
        for (const name of ["gelu", "gelu_new", "relu", "silu"]) {
          const f = activation(name);
          await agree(
            `${m} x ${n} x ${depth}, ${transposeA ? "Aᵀ" : "A"} ${transposeB ? "Bᵀ" : "B"}, ${name}`,
            () => {
              const a = drawn("a", ...(transposeA ? [depth, m] : [m, depth]));
              const b = drawn("b", ...(transposeB ? [n, depth] : [depth, n]));
              const [bias, x, add] = [drawn("bias", n), drawn("x", m, n), drawn("add", m, n)];
              const factors = { a, b, transposeA, transposeB };
              const [{ y, sums }] = products([{ ...factors, activationB: f, add, rowSums: true }]);
              return [
                y,
                sums,
                product(factors),
                product({ ...factors, activationA: f, bias }),
                product({ ...factors, slope: { f, x }, add }),
              ];
            },
            2e-6 * depth + 2e-5,
          );
        }
  });

  it("multiply rows that lie so far apart that caches mix them up, and more of them than are prepared at once", async () => {
    for (const [m, n, depth] of [
      [29, 33, 512],
      [15, 5, 2048],
      [900, 2, 20000],
      [3, 900, 20000],
    ])
      await agree(
        `${m} x ${n} x ${depth}`,
        () => {
          const [a, b] = [drawn("a", m, depth), drawn("b", depth, n)];
          const [f, x, add] = [activation("gelu"), drawn("x", m, n), drawn("add", m, n)];
          return [product({ a, b }), product({ a, b, activationA: f, slope: { f, x }, add })];
        },
        2e-6 * depth + 2e-5,
      );
  });

  it("multiply several pairs at once, and add some of the products to others", async () => {
    for (const depth of [5, 1500])
      await agree(
        `depth ${depth}`,
        () => {
          const [a, b, c] = ["a", "b", "c"].map((name) => drawn(name, 40, depth));
          const [d, add] = [drawn("d", 33, depth), drawn("add", 40, 33)];
          const f = activation("gelu");
          const made = products([
            { a, b: d, transposeB: true, add },
            { a: c, b: a, transposeA: true, rowSums: true },
            { a: b, b: d, transposeB: true, activationA: f, into: 0 },
            { a: c, b: d, transposeB: true, into: 0, rowSums: true },
          ]);
          return made.flatMap(({ y, sums }) => [y, sums]);
        },
        2e-6 * depth + 2e-4,
      );
    assert.deepEqual(products([]), []);
  });

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

  it("compute gelu, its gradient and sums of squares over any number of elements", async () => {
    for (const size of SIZES)
      await agree(
        `${size} elements`,
        () => {
          const [x, dy] = [tf.mul(drawn("x", size), 3), drawn("dy", size)];
          return [gelu(x), geluGradient(dy, x), tf.mul(sumOfSquares([x, dy]), 1e-3)];
        },
        3e-6,
      );
  });

  it("draw the dropout masks that plain JavaScript draws, bit for bit", async () => {
    for (const size of SIZES)
      for (const seed of [0, 1, 0x7fffffff, 0xffffffff])
        await agree(
          `${size} elements of seed ${seed}`,
          () => [dropoutMask([size], { rate: 0.3, seed })],
          1e-7,
        );
  });

  it("move parameters of any size by AdamW", async () => {
    for (const size of SIZES)
      await agree(`${size} elements`, () => {
        const state = {
          value: drawn("p", size),
          mean: drawn("m", size),
          square: tf.square(drawn("v", size)),
        };
        const settings = {
          learningRate: 0.01,
          weightDecay: 0.1,
          betas: [0.9, 0.99] as [number, number],
          eps: 1e-3,
          step: 3,
          gradientScale: 0.5,
        };
        const [{ value, mean, square }] = adamWUpdate([{ state, gradient: drawn("g", size), settings }]);
        return [value, mean, square];
      });
  });

  it("normalise rows of any width, and pass back whichever gradients are wanted", async () => {
    for (const [rows, width] of [
      [1, 2],
      [1, 3],
      [2, 4],
      [3, 5],
      [7, 6],
      [2, 7],
      [5, 193],
    ])
      for (const wanted of subsets)
        await agree(
          `${rows} x ${width}, wanted ${wanted}`,
          () => {
            const [x, weight, bias] = [drawn("x", rows, width), drawn("w", width), drawn("b", width)];
            const [ofX, ofWeight, ofBias] = wanted;
            const drop = ofWeight ? { rate: 0.3, seed: width } : null;
            const residual = ofX ? drawn("r", rows, width) : null;
            const { y, normal, scale } = layerNorm({ x, drop, residual }, weight, bias, 1e-3);
            const dy = drawn("dy", rows, width);
            const gradients = layerNormGradients(dy, { normal, scale }, weight, drop, {
              x: ofX,
              residual: ofX && ofBias,
              weight: ofWeight,
              bias: ofBias,
            });
            return [y, normal, scale, gradients.x, gradients.residual, gradients.weight, gradients.bias];
          },
          5e-5,
        );
  });

  it("attend for any number of texts, heads, queries, keys and widths, with dropout and without", async () => {
    for (const [batchSize, heads, queries, keys, width] of [
      [1, 1, 1, 1, 1],
      [2, 1, 3, 3, 4],
      [1, 3, 1, 7, 5],
      [2, 2, 5, 9, 3],
      [3, 1, 6, 23, 64],
    ])
      for (const dropped of [false, true])
        for (const wanted of subsets)
          await agree(
            `${batchSize} x ${heads}, ${queries} x ${keys} x ${width}, ${dropped}, ${wanted}`,
            () => {
              const query = drawn("q", batchSize * queries, heads * width);
              const key = drawn("k", batchSize * keys, heads * width);
              const value = drawn("v", batchSize * keys, heads * width);
              const drop = dropped ? { rate: 0.4, seed: 5 } : null;
              const attended = { query, key, value, batchSize, heads, drop };
              // The last key of the last text is hidden, unless it is the only one.
              const mask = new Float32Array(batchSize * keys);
              if (keys > 1) mask[mask.length - 1] = -1e9;
              const shape: [number, number, number, number] = [batchSize, 1, 1, keys];
              const { output, weights } = scaledDotProductAttention(attended, tf.tensor4d(mask, shape));
              const dy = drawn("dy", batchSize * queries, heads * width);
              return [output, weights, ...scaledDotProductAttentionGradients(dy, attended, weights, wanted)];
            },
          );
  });

  it("give a hidden key the weight 0, and keys that are all hidden the same weight", () => {
    tf.tidy(() => {
      const [query, key, value] = [tf.ones([1, 2]), tf.ones([5, 2]), tf.ones([5, 2])];
      const weigh = (mask: number[]) =>
        scaledDotProductAttention(
          { query, key, value, batchSize: 1, heads: 1 },
          tf.tensor4d(mask, [1, 1, 1, 5]),
        ).weights;
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
      assert.ok(spoilt(layerNorm({ x }, tf.ones([6]), tf.zeros([6]), 1e-5).y).every(Boolean));
      const attended = { query: x, key: x, value: x, batchSize: 1, heads: 1 };
      assert.ok(spoilt(scaledDotProductAttention(attended, tf.zeros([1, 1, 1, 1])).weights).every(Boolean));
    });
  });
});

describe("the wasm kernels", () => {
  const agree = (what: string, run: () => Results, tolerance?: number) =>
    agreeOn("wasm", what, run, tolerance);

  beforeEach(() => useEngine("wasm"));

  it("multiply matrices of any size, each operand transposed or not, alone and in batches", async () => {
    const sizes = [
      [1, 1, 1],
      [1, 2, 64],
      [4, 8, 4],
      [5, 8, 256],
      [6, 9, 257],
      [11, 7, 3],
      [3, 257, 5],
      [23, 23, 30],
      [10, 264, 515],
    ];
    for (const [m, n, depth] of sizes)
      for (const batch of [[], [1], [3], [2, 3]])
        for (const [transposeA, transposeB] of [
          [false, false],
          [false, true],
          [true, false],
          [true, true],
        ])
          await agree(
            `[${batch}] ${m} x ${n} x ${depth}, ${transposeA ? "Aᵀ" : "A"} ${transposeB ? "Bᵀ" : "B"}`,
            () => {
              const a = drawn("a", ...batch, ...(transposeA ? [depth, m] : [m, depth]));
              const b = drawn("b", ...batch, ...(transposeB ? [n, depth] : [depth, n]));
              return [matMul(a, b, transposeA, transposeB)];
            },
            1e-6 * depth + 1e-5,
          );
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

  it("leave products that are broadcast, and those that do not fit, to tfjs", () => {
    tf.tidy(() => {
      const product = matMul(tf.ones([1, 3, 2]), tf.ones([4, 5, 2]), false, true);
      assert.deepEqual(product.shape, [4, 3, 5]);
      assertClose(product, new Float32Array(60).fill(2), 0);
      assert.throws(() => matMul(tf.ones([2, 3]), tf.ones([2, 3])), { message: /inner shapes/ });
    });
  });

  it("sum the rows of each segment, whatever their width", async () => {
    for (const width of [1, 3, 4, 6, 193])
      await agree(`width ${width}`, () => [
        segmentSum(drawn("x", 5, width), tf.tensor1d([3, 0, 3, 3, 2], "int32"), 5),
      ]);
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
