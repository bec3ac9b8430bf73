import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";

/**
 * Adds up the rows of `x` [rows, width] that share an id, into [segments, width]: the gradient of looking rows up in a table.
 * `ids` [rows] (int32) are below `segments`.
 */
export const segmentSum = (x: tf.Tensor, ids: tf.Tensor1D, segments: number): tf.Tensor =>
  segmentSumOp({ x, ids, segments }).sums;

interface Inputs {
  x: tf.Tensor;
  ids: tf.Tensor1D;
  segments: number;
}

export const segmentSumOp = defineOp<Inputs, { sums: tf.Tensor }>({
  name: "segmentSum",
  inputs: { x: "[rows, …]", ids: "[rows], int32", segments: "whole" },
  outputs: { sums: "[segments, …]" },
  precision: null,
  composed: ({ x, ids, segments }) => ({ sums: tf.unsortedSegmentSum(x, ids, segments) }),
  kernels: [],
  *examples() {
    for (const width of [1, 3, 4, 6, 193])
      yield {
        title: `width ${width}`,
        inputs: () => ({ x: drawn("x", 5, width), ids: tf.tensor1d([3, 0, 3, 3, 2], "int32"), segments: 5 }),
        tolerance: 1e-5,
      };
    yield {
      title: "many segments, two rows of one and its neighbours empty",
      inputs: () => ({
        x: drawn("x", 5, 3),
        ids: tf.tensor1d([8999, 0, 4000, 8999, 7], "int32"),
        segments: 9000,
      }),
      tolerance: 1e-5,
    };
  },
});
