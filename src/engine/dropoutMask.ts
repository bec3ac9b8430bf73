import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";
import type { TensorflowBackend } from "./TensorflowBackend";
import { wasmHeap } from "./wasmHeap";

/** Which elements are dropped: each with probability `rate`, drawn from `seed` (a whole number). */
export interface Dropout {
  rate: number;
  seed: number;
}

/** A dropout's seed as the native kernels take it; they read none where nothing is dropped. */
export const seedOf = (drop: Dropout | null | undefined): Int32Array => Int32Array.of(drop?.seed ?? 0);

/**
 * A mask of `shape` for inverted dropout (Srivastava et al. 2014): 0 with probability `rate`, else 1 / (1 - rate). The same seed gives
 * the same mask, on all engines but TensorFlow on a GPU, which draws its own.
 */
export function dropoutMask(shape: number[], { rate, seed }: Dropout): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const native = nativeKernels();
  if (native && size > 0) {
    const inputs = [Int32Array.from(shape), Int32Array.of(seed)];
    return native.run("DropoutMask", { rate: { float: rate } }, inputs, 1)[0]!;
  }
  if (tf.getBackend() === "tensorflow" && size > 0) return tensorflowMask(shape, rate, seed);
  const single = Math.fround(rate);
  const [threshold, kept] = [single * 2 ** 24, 1 / Math.fround(1 - single)];
  const heap = wasmHeap();
  if (!heap) return tf.tensor(hashedMask(size, seed, threshold, kept), shape);
  const mask = heap.make(shape);
  heap.kernels.dropoutMask(mask.size, seed, threshold, kept, heap.at(mask));
  return mask;
}

/** The last step of MurmurHash3 (Appleby 2011) makes a draw of 24 bits of each index and the seed. */
function hashedMask(size: number, seed: number, threshold: number, kept: number): Float32Array {
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let x = Math.imul(i, 0x9e3779b9) ^ seed;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    mask[i] = x >>> 8 < threshold ? 0 : kept;
  }
  return mask;
}

function tensorflowMask(shape: number[], rate: number, seed: number): tf.Tensor {
  return tf.tidy(() => {
    const backend = tf.backend() as unknown as TensorflowBackend;
    const type = (name: string, value: number) => ({ name, type: backend.binding.TF_ATTR_TYPE, value });
    const [FLOAT, INT32] = [1, 3]; // tensorflow/core/framework/types.proto
    const uniform = backend.executeSingleOutput(
      "StatelessRandomUniform",
      [type("dtype", FLOAT), type("T", INT32), type("Tseed", INT32)],
      [tf.tensor1d(shape, "int32"), tf.tensor1d([seed | 0, 0], "int32")],
    );
    return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), "float32"), 1 / (1 - rate));
  });
}
