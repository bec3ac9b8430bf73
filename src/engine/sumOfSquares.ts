import * as tf from "@tensorflow/tfjs-core";
import { onWasm, onWasmHeap } from "./wasmHeap";

/** Σ x² over all elements of all tensors, a scalar. */
export function sumOfSquares(tensors: tf.Tensor[]): tf.Tensor {
  if (tensors.length === 0) return tf.scalar(0);
  if (onWasm())
    return onWasmHeap([], tensors, (sum, ...arrays) => {
      let total = 0;
      for (const values of arrays) for (let i = 0; i < values.length; i++) total += values[i] * values[i];
      sum[0] = total;
    });
  return tf.tidy(() => tf.addN(tensors.map((tensor) => tf.sum(tf.square(tensor)))));
}
