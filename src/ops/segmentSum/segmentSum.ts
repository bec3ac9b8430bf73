import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { wasmKernel } from "../kernels";

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
  notComposed: { wasm: "tfjs has no UnsortedSegmentSum there" },
  kernels: [
    wasmKernel({
      compute(heap, { x, ids, segments }) {
        const [rows, ...rest] = x.shape;
        const sums = heap.make([segments, ...rest]);
        const pointers = [heap.at(x), heap.at(ids, "int32"), heap.at(sums)];
        const stray = heap.kernels.segmentSum(rows, tf.util.sizeFromShape(rest), segments, ...pointers);
        if (stray === -1) return { sums };
        sums.dispose();
        throw new FrostError(
          `segmentSum: expected ids from 0 to ${segments - 1}, got ${ids.dataSync()[stray]} in row ${stray}`,
        );
      },
    }),
  ],
  *examples() {
    for (const width of [1, 3, 4, 6, 193])
      yield {
        title: `width ${width}`,
        inputs: () => ({ x: drawn("x", 5, width), ids: tf.tensor1d([3, 0, 3, 3, 2], "int32"), segments: 5 }),
        tolerance: 1e-5,
      };
  },
});
