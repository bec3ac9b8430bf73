import * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "../../engine/recorder/Graph";
import type { Value } from "../../engine/recorder/Value";
import { defineOp } from "../defineOp";
import { drawn, SIZES } from "../drawn";
import { nativeKernel, recordedKernel } from "../kernels";

/** Σ x² over all elements of all tensors, a scalar. */
export const sumOfSquares = (tensors: tf.Tensor[]): tf.Tensor =>
  tensors.every((tensor) => tensor.size === 0) ? tf.scalar(0) : sumOfSquaresOp({ tensors }).sum;

export const sumOfSquaresOp = defineOp<{ tensors: tf.Tensor[] }, { sum: tf.Tensor }>({
  name: "sumOfSquares",
  inputs: { tensors: "any" },
  outputs: { sum: "[]" },
  precision: null,
  composed: ({ tensors }) => ({ sum: tf.addN(tensors.map((tensor) => tf.sum(tf.square(tensor)))) }),
  kernels: [
    nativeKernel({
      compute: (native, { tensors }) => ({ sum: native.run("SumOfSquares", {}, { arrays: tensors }).sum! }),
    }),
    recordedKernel({ compute: (graph, { tensors }) => ({ sum: graph.tensor(recorded(graph, tensors)) }) }),
  ],
  *examples() {
    for (const size of SIZES)
      yield {
        title: `${size} elements and 3`,
        inputs: () => ({ tensors: [tf.mul(drawn("x", size), 0.03), drawn("y", 3)] }),
        tolerance: 3e-6,
      };
  },
});

/** Those of the tensors are added up in float64, so that their order does not show. */
function recorded(graph: Graph, tensors: tf.Tensor[]): Value {
  const sums = tensors
    .filter(({ size }) => size > 0)
    .map((x) => graph.cast(graph.op("ReduceSumSquare", [x], { keepdims: { int: 0 } }), "float64"));
  return graph.cast(graph.op("Sum", sums), "float32");
}
