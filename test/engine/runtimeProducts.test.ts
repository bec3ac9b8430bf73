import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { useEngine } from "../../src/engine/useEngine";
import { wasmHeap } from "../../src/engine/wasmHeap";
import { matMul } from "../../src/ops/matMul/matMul";
import { assertClose } from "../close";
import { enginesHere } from "../enginesHere";
import { onRuntimeProducts } from "../onEveryEngine";
import { LATER_VERSIONS, missingRuntime, wrappedRuntime } from "./changedRuntime";

const skip = enginesHere().wasm.what === null && "ONNX Runtime does not run here";

/** a · b in double precision, a number for each place of the product. */
function expected(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const [left, right] = [a.dataSync(), b.dataSync()];
  const [m, depth] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const n = b.shape.at(transposeB ? -2 : -1)!;
  const products: number[] = [];
  for (let batch = 0; batch < a.size / Math.max(1, m * depth); batch++)
    for (let row = 0; row < m; row++)
      for (let column = 0; column < n; column++) {
        let sum = 0;
        for (let k = 0; k < depth; k++)
          sum +=
            left[batch * m * depth + (transposeA ? k * m + row : row * depth + k)] *
            right[batch * depth * n + (transposeB ? column * depth + k : k * n + column)];
        products.push(sum);
      }
  return products;
}

const WAYS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];

onRuntimeProducts("products", () => {
  it("are those of plain arithmetic, in any size, either factor transposed, in batches too", () => {
    for (const batch of [[], [1], [3], [2, 3]])
      for (const [m, n, depth] of [
        [1, 1, 1],
        [1, 40, 3],
        [40, 1, 129],
        [7, 13, 5],
        [33, 65, 100],
      ])
        for (const [transposeA, transposeB] of WAYS)
          tf.tidy(() => {
            const a = tf.randomNormal(
              [...batch, ...(transposeA ? [depth, m] : [m, depth])],
              0,
              1,
              "float32",
              1,
            );
            const b = tf.randomNormal(
              [...batch, ...(transposeB ? [n, depth] : [depth, n])],
              0,
              1,
              "float32",
              2,
            );
            const y = matMul(a, b, transposeA, transposeB);
            assert.deepEqual(y.shape, [...batch, m, n]);
            assertClose(y, expected(a, b, transposeA, transposeB), 2e-5, `[${a.shape}] by [${b.shape}]`);
          });
  });

  it("are empty or zero where a size is", () => {
    for (const [m, n, depth] of [
      [0, 3, 2],
      [3, 0, 2],
      [3, 2, 0],
    ])
      tf.tidy(() => {
        const y = matMul(tf.ones([m, depth]), tf.ones([depth, n]));
        assert.deepEqual(y.shape, [m, n]);
        assertClose(y, new Float32Array(m * n), 0);
      });
  });

  it("leave their factors as they were, and one tensor behind", () => {
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const before = tf.memory().numTensors;
    const y = matMul(a, a, true);
    assertClose(y, [10, 14, 14, 20], 0);
    assertClose(a, [1, 2, 3, 4], 0);
    assert.equal(tf.memory().numTensors, before + 1);
    tf.dispose([y, a]);
  });

  it("are right after the memory that the factors lie in has grown", () => {
    tf.tidy(() => {
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const view = wasmHeap()!.view(a);
      let length = view.length;
      for (let i = 0; i < 100 && length > 0; i++) {
        tf.fill([2 ** 22], i);
        length = view.length;
      }
      assert.equal(length, 0, "the memory did not grow, so that this tests nothing");
      assertClose(matMul(a, a), [7, 10, 15, 22], 0);
    });
  });

  it("have the same bits each time", () => {
    tf.tidy(() => {
      const a = tf.randomNormal([129, 400], 0, 1, "float32", 1);
      const b = tf.randomNormal([400, 65], 0, 1, "float32", 2);
      const first = matMul(a, b).dataSync();
      for (let i = 0; i < 20; i++) assert.deepEqual(matMul(a, b).dataSync(), first);
    });
  });

  it("refuse factors that do not fit together, in tfjs's words", () => {
    tf.tidy(() => {
      assert.throws(() => matMul(tf.ones([2, 3]), tf.ones([2, 3])), /inner shapes/);
    });
  });
});

describe("who multiplies on wasm", { skip }, () => {
  afterEach(() => {
    delete process.env.FROSTKIT_ONNXRUNTIME;
  });

  it("is ONNX Runtime, for products large enough that the call pays", async () => {
    const { reason, versions } = await useEngine("wasm");
    assert.match(reason, /^as asked for; products by ONNX Runtime \d+\.\d+\.\d+ on \d+ cores?$/);
    assert.match(versions.onnxruntime, /^\d+\.\d+\.\d+$/);
    const products = wasmHeap()!.products!;
    const counted = products.multiply.bind(products);
    let calls = 0;
    products.multiply = (...given) => {
      calls++;
      counted(...given);
    };
    tf.tidy(() => {
      matMul(tf.ones([8, 8]), tf.ones([8, 8]));
      assert.equal(calls, 0);
      matMul(tf.ones([128, 128]), tf.ones([128, 128]));
      assert.equal(calls, 1);
    });
    Reflect.deleteProperty(products, "multiply");
  });

  it("is the kit's own kernel where the environment asks for it, with the same numbers but for rounding", async () => {
    const multiply = async () => {
      const { reason, versions } = await useEngine("wasm");
      const values = tf.tidy(() => {
        const a = tf.randomNormal([200, 300], 0, 1, "float32", 1);
        const b = tf.randomNormal([100, 300], 0, 1, "float32", 2);
        return matMul(a, b, false, true).dataSync();
      });
      return { reason, versions, values };
    };
    const runtime = await multiply();
    process.env.FROSTKIT_ONNXRUNTIME = "0";
    const own = await multiply();
    assert.equal(
      own.reason,
      "as asked for; products by the kit's own kernel, on 1 core: FROSTKIT_ONNXRUNTIME=0 asks for it",
    );
    assert.equal(own.versions.onnxruntime, undefined);
    assertClose(runtime.values, own.values, 1e-4);
    assert.notDeepEqual(runtime.values, own.values, "both came from the same kernel");
  });

  /** What a fresh process says and multiplies whose ONNX Runtime was changed by `change` first. */
  const changed = (change: string): { reason: string; product: number[]; calls: number } => {
    const source = (name: string) => JSON.stringify(join(__dirname, "../../src/engine", name));
    const script = `
      const need = require("node:module").createRequire(require.resolve("@huggingface/transformers"));
      let calls = 0;
      ${change}
      const { useEngine } = require(${source("useEngine")});
      const { wasmHeap } = require(${source("wasmHeap")});
      const { matMul } = require(${JSON.stringify(join(__dirname, "../../src/ops/matMul/matMul"))});
      const tf = require("@tensorflow/tfjs-core");
      useEngine("wasm").then(({ reason }) => {
        if (wasmHeap().products) wasmHeap().products.from = 0;
        const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
        console.log(JSON.stringify({ reason, product: [...matMul(a, a).dataSync()], calls }));
      });`;
    return JSON.parse(
      execFileSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" }),
    );
  };
  const wrapped = (run: string) => wrappedRuntime(`calls++; ${run}`);

  it("is the kit's own kernel where ONNX Runtime does not load, and the reason says why", () => {
    const { reason, product } = changed(missingRuntime);
    assert.match(
      reason,
      /products by the kit's own kernel, on 1 core: ONNX Runtime does not run \(libonnxruntime.so.1: cannot open\)$/,
    );
    assert.deepEqual(product, [7, 10, 15, 22]);
  });

  it("is the kit's own kernel where ONNX Runtime's products come out wrong", () => {
    const { reason, product } = changed(wrapped("fetches.y.data.fill(0); return {};"));
    assert.match(
      reason,
      /own kernel, on 1 core: ONNX Runtime does not run \(a trial product came out wrong: /,
    );
    assert.deepEqual(product, [7, 10, 15, 22]);
  });

  it("stays ONNX Runtime in a version that takes sequences, or refuses them in other words", () => {
    for (const run of LATER_VERSIONS) {
      const { reason, product, calls } = changed(wrapped(run));
      assert.ok(calls > 4, `expected the trial's products and one more, got ${calls}`);
      assert.match(reason, /products by ONNX Runtime/);
      assert.deepEqual(product, [7, 10, 15, 22]);
    }
  });

  it("is not looked for, and nothing of it is loaded, on other engines", () => {
    const index = JSON.stringify(join(__dirname, "../../src/index"));
    const script = `
      const { useEngine } = require(${index});
      const loaded = () => Object.keys(require.cache).filter((file) => /onnxruntime-(node|common)/.test(file));
      useEngine("cpu").then(() => console.log(JSON.stringify(loaded())));`;
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
    assert.deepEqual(JSON.parse(output), []);
  });
});
