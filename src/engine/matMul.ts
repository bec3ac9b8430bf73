import * as tf from "@tensorflow/tfjs-core";
import { precision } from "./autocast";
import { halfProduct } from "./halfProduct";
import { wasmHeap } from "./wasmHeap";

/** `a · b` over the last two axes, each transposed on request; in the precision of `autocast`. */
export function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  const wanted = precision();
  if (wanted !== "fp32") return halfProduct(wanted, a, b, transposeA, transposeB);
  const heap = wasmHeap();
  const batch = a.shape.slice(0, -2);
  const [m, depth] = lastTwo(a, transposeA);
  const [depthOfB, n] = lastTwo(b, transposeB);
  // tfjs's wasm backend takes a naive loop for whatever is transposed or batched. What does not fit is left to it to refuse.
  if (!heap || depth !== depthOfB || !tf.util.arraysEqual(batch, b.shape.slice(0, -2)))
    return tf.matMul(a, b, transposeA, transposeB);
  const { kernels } = heap;
  const y = heap.make([...batch, m, n]);
  const count = tf.util.sizeFromShape(batch);
  if (heap.products && count * m * n * depth >= Math.max(heap.products.from, 1)) {
    const [left, right, product] = [a, b, y].map((x) => ({ values: heap.view(x), shape: x.shape }));
    heap.products.multiply(left, transposeA, right, transposeB, product);
    return y;
  }
  const scratch = heap.scratch(kernels.matMulScratch());
  kernels.matMul(count, m, n, depth, heap.at(a), +transposeA, heap.at(b), +transposeB, heap.at(y), scratch);
  return y;
}

const lastTwo = ({ shape }: tf.Tensor, transposed: boolean): number[] =>
  transposed ? [shape[shape.length - 1], shape[shape.length - 2]] : shape.slice(-2);
