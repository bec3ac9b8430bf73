import * as tf from "@tensorflow/tfjs-core";
import { wasmHeap } from "./wasmHeap";

/**
 * A mask of `shape` for inverted dropout (Srivastava et al. 2014): 0 with probability `rate`, else 1 / (1 - rate).
 * It depends on `seed` (a whole number) and the engine alone.
 */
export function dropoutMask(shape: number[], rate: number, seed: number): tf.Tensor {
  if (tf.getBackend() === "tensorflow") return tensorflowMask(shape, rate, seed);
  const kept = 1 / (1 - rate);
  const threshold = Math.round(rate * 65536);
  const heap = wasmHeap();
  if (!heap) return tf.tensor(xorshiftMask(tf.util.sizeFromShape(shape), seed, threshold, kept), shape);
  const mask = heap.make(shape);
  heap.kernels.dropoutMask(mask.size, seed, threshold, kept, heap.at(mask));
  return mask;
}

/**
 * Four streams of xorshift128 (Marsaglia 2003) side by side, so that vectors of four can draw them; each draw of 32 bits decides two
 * elements, four apart.
 */
function xorshiftMask(size: number, seed: number, threshold: number, kept: number): Float32Array {
  const mask = new Float32Array(size);
  const state = Int32Array.from({ length: 16 }, (_, i) => mix(mix(seed) + Math.imul(i, 0x9e3779b9)));
  const [a, b, c, d] = [0, 4, 8, 12].map((first) => state.subarray(first, first + 4));
  for (let i = 0; i < size; i += 8)
    for (let stream = 0; stream < 4; stream++) {
      const t = a[stream] ^ (a[stream] << 11);
      a[stream] = b[stream];
      b[stream] = c[stream];
      c[stream] = d[stream];
      d[stream] ^= (d[stream] >>> 19) ^ t ^ (t >>> 8);
      // What lies beyond the mask's end is not stored.
      mask[i + stream] = (d[stream] & 0xffff) < threshold ? 0 : kept;
      mask[i + 4 + stream] = d[stream] >>> 16 < threshold ? 0 : kept;
    }
  return mask;
}

/** The last step of MurmurHash3 (Appleby 2011): each bit of the answer depends on each bit of `x`. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

interface TensorflowBackend {
  binding: { TF_ATTR_TYPE: number };
  executeSingleOutput(op: string, attributes: object[], inputs: tf.Tensor[]): tf.Tensor;
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
