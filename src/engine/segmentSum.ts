import * as tf from "@tensorflow/tfjs-core";
import { onWasm, onWasmHeap } from "./wasmHeap";

/**
 * Adds up the rows of `x` [rows, width] that share an id, into [segments, width]: the gradient of looking rows up in a table.
 * `ids` [rows] are whole numbers below `segments`.
 */
export function segmentSum(x: tf.Tensor, ids: tf.Tensor1D, segments: number): tf.Tensor {
  // wasm has no UnsortedSegmentSum.
  if (!onWasm()) return tf.unsortedSegmentSum(x, ids, segments);
  const width = x.size / x.shape[0];
  const segment = ids.dataSync();
  return onWasmHeap([segments, ...x.shape.slice(1)], [x], (sums, values) => {
    for (let row = 0, i = 0; row < segment.length; row++)
      for (let j = segment[row] * width, end = j + width; j < end; i++, j++) sums[j] += values[i];
  });
}
