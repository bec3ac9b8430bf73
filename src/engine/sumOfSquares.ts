import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";
import { wasmHeap } from "./wasmHeap";

/** Σ x² over all elements of all tensors, a scalar. */
export function sumOfSquares(tensors: tf.Tensor[]): tf.Tensor {
  if (tensors.every((tensor) => tensor.size === 0)) return tf.scalar(0);
  const native = nativeKernels();
  if (native) return native.run("SumOfSquares", { count: tensors.length }, tensors, 1)[0]!;
  const heap = wasmHeap();
  if (!heap) return tf.tidy(() => tf.addN(tensors.map((tensor) => tf.sum(tf.square(tensor)))));
  return tf.scalar(tensors.reduce((sum, x) => sum + heap.kernels.sumOfSquares(x.size, heap.at(x)), 0));
}
