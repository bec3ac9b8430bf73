import * as tf from "@tensorflow/tfjs-core";
import { type Half, precision } from "../../engine/autocast";
import type { WasmHeap } from "../../engine/wasmHeap";
import { defineOp } from "../defineOp";
import { drawn, TRANSPOSED } from "../drawn";
import { tensorflowKernel, wasmKernel } from "../kernels";
import type { Example } from "../Op";
import { halfProduct } from "./halfProduct";

interface MatMul {
  a: tf.Tensor;
  b: tf.Tensor;
  transposeA: boolean;
  transposeB: boolean;
}

/** `a · b` over the last two axes, each transposed on request; in the precision of `autocast`. */
export const matMul = (a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor =>
  matMulOp({ a, b, transposeA, transposeB }).y;

export const matMulOp = defineOp<MatMul, { y: tf.Tensor }>({
  name: "matMul",
  inputs: { a: "[…, m, k]", b: "[…, k, n]", transposeA: "whether a is", transposeB: "whether b is" },
  outputs: { y: "[…, m, n]" },
  precision: { bf16: 0.03, fp16: 4e-3 },
  composed: ({ a, b, transposeA, transposeB }) => ({ y: tf.matMul(a, b, transposeA, transposeB) }),
  kernels: [
    tensorflowKernel({
      precisions: ["bf16", "fp16"],
      compute: (backend, { a, b, transposeA, transposeB }) => ({
        y: halfProduct(backend, precision() as Half, a, b, transposeA, transposeB),
      }),
    }),
    wasmKernel(
      {
        precisions: ["fp32"],
        unless: (inputs) => (isBroadcast(inputs) ? BROADCAST : null),
        compute: multiply,
      },
      "wasm or, where large, ONNX Runtime",
    ),
  ],
  examples,
});

const BROADCAST = "batches that are broadcast, and shapes that do not fit";

/** tfjs's wasm backend takes a naive loop for whatever is transposed or batched. What does not fit is left to it to refuse. */
function isBroadcast({ a, b, transposeA, transposeB }: MatMul): boolean {
  const innerSizes = [lastTwo(a, transposeA)[1], lastTwo(b, transposeB)[0]];
  return innerSizes[0] !== innerSizes[1] || !tf.util.arraysEqual(a.shape.slice(0, -2), b.shape.slice(0, -2));
}

function multiply(heap: WasmHeap, { a, b, transposeA, transposeB }: MatMul): { y: tf.Tensor } {
  const batch = a.shape.slice(0, -2);
  const [m, inner] = lastTwo(a, transposeA);
  const [, n] = lastTwo(b, transposeB);
  const { kernels, products } = heap;
  const y = heap.make([...batch, m, n]);
  const count = tf.util.sizeFromShape(batch);
  if (products && count * m * n * inner >= Math.max(products.from, 1)) {
    const [left, right, product] = [a, b, y].map((x) => ({ values: heap.view(x), shape: x.shape }));
    products.multiply(left, transposeA, right, transposeB, product);
    return { y };
  }
  const scratch = heap.scratch(kernels.matMulScratch());
  kernels.matMul(count, m, n, inner, heap.at(a), +transposeA, heap.at(b), +transposeB, heap.at(y), scratch);
  return { y };
}

const lastTwo = ({ shape }: tf.Tensor, transposed: boolean): number[] =>
  transposed ? [shape[shape.length - 1], shape[shape.length - 2]] : shape.slice(-2);

function* examples(): Iterable<Example<MatMul>> {
  for (const [m, n, k] of [
    [1, 1, 1],
    [1, 2, 64],
    [4, 8, 4],
    [5, 8, 256],
    [6, 9, 257],
    [11, 7, 3],
    [3, 257, 5],
    [23, 23, 30],
    [10, 264, 515],
    // Enough of them that ONNX Runtime is asked.
    [130, 100, 90],
  ])
    for (const batch of [[], [1], [3], [2, 3]])
      for (const [transposeA, transposeB] of TRANSPOSED)
        yield {
          title: `[${batch}] ${m} x ${n} x ${k}, ${transposeA ? "Aᵀ" : "A"} ${transposeB ? "Bᵀ" : "B"}`,
          inputs: () => ({
            a: drawn("a", ...batch, ...(transposeA ? [k, m] : [m, k])),
            b: drawn("b", ...batch, ...(transposeB ? [n, k] : [k, n])),
            transposeA,
            transposeB,
          }),
          tolerance: 1e-6 * k + 1e-5,
        };
  yield {
    title: "broadcast",
    inputs: () => ({ a: drawn("a", 1, 3, 2), b: drawn("b", 4, 5, 2), transposeA: false, transposeB: true }),
    tolerance: 1e-5,
  };
}
