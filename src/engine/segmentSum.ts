import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../errors";
import { wasmHeap } from "./wasmHeap";

/**
 * Adds up the rows of `x` [rows, width] that share an id, into [segments, width]: the gradient of looking rows up in a table.
 * `ids` [rows] (int32) are below `segments`.
 */
export function segmentSum(x: tf.Tensor, ids: tf.Tensor1D, segments: number): tf.Tensor {
  const heap = wasmHeap();
  // tfjs's wasm backend has no UnsortedSegmentSum.
  if (!heap) return tf.unsortedSegmentSum(x, ids, segments);
  const [rows, ...rest] = x.shape;
  const sums = heap.make([segments, ...rest]);
  const width = tf.util.sizeFromShape(rest);
  const stray = heap.kernels.segmentSum(
    rows,
    width,
    segments,
    heap.at(x),
    heap.at(ids, "int32"),
    heap.at(sums),
  );
  if (stray !== -1) {
    sums.dispose();
    throw new FrostError(
      `segmentSum: expected ids from 0 to ${segments - 1}, got ${ids.dataSync()[stray]} in row ${stray}`,
    );
  }
  return sums;
}
