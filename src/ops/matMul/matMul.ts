import * as tf from "@tensorflow/tfjs-core";
import { type Half, precision } from "../../engine/autocast";
import { defineOp } from "../defineOp";
import { drawn, TRANSPOSED } from "../drawn";
import { recordedKernel, tensorflowKernel } from "../kernels";
import type { Example } from "../Op";
import { halfProduct } from "./halfProduct";
import { recordedMatMul } from "./recorded";

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
    recordedKernel({
      precisions: ["bf16", "fp16"],
      compute: (graph, { a, b, transposeA, transposeB }) => ({
        y: graph.tensor(recordedMatMul(graph, a, b, transposeA, transposeB)),
      }),
    }),
  ],
  examples,
});

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
