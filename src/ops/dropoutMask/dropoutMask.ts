import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { SIZES } from "../drawn";
import { nativeKernel, onDeviceKernel, recordedKernel, tensorflowKernel } from "../kernels";
import { inFloat32 } from "./inFloat32";
import { maskOnDevice, recordedMask } from "./recorded";

/** Which elements are dropped: each with probability `rate`, drawn from `seed` (a whole number). */
export interface Dropout {
  rate: number;
  seed: number;
}

/** A dropout's seed as the C++ kernels take it; they read none where nothing is dropped. */
export const seedOf = (drop: Dropout | null | undefined): Int32Array => Int32Array.of(drop?.seed ?? 0);

/**
 * A mask of `shape` for inverted dropout (Srivastava et al. 2014): 0 with probability `rate`, else 1 / (1 - rate). The same seed gives
 * the same mask, on all engines but TensorFlow on a GPU or without the kit's kernels, which draws its own.
 */
export const dropoutMask = (shape: number[], { rate, seed }: Dropout): tf.Tensor =>
  dropoutMaskOp({ shape, rate, seed }).mask;

/** x with some elements dropped and the others scaled, or as it is. */
export const dropped = (x: tf.Tensor, drop: Dropout | null | undefined): tf.Tensor =>
  drop ? tf.mul(x, dropoutMask(x.shape, drop)) : x;

interface Inputs extends Dropout {
  shape: number[];
}

const OWN_DRAWS = "it draws its own masks, which are the same for the same seed";

export const dropoutMaskOp = defineOp<Inputs, { mask: tf.Tensor }>({
  name: "dropoutMask",
  inputs: { shape: "any", rate: "below 1", seed: "whole" },
  outputs: { mask: "shape" },
  precision: null,
  composed({ shape, rate, seed }) {
    const { threshold, scale } = inFloat32(rate);
    return { mask: tf.tensor(hashedMask(tf.util.sizeFromShape(shape), seed, threshold, scale), shape) };
  },
  kernels: [
    nativeKernel({
      unless: isEmpty,
      compute(native, { shape, rate, seed }) {
        const { mask } = native.run(
          "DropoutMask",
          { rate },
          { shape: Int32Array.from(shape), seed: Int32Array.of(seed) },
        );
        return { mask: mask! };
      },
    }),
    tensorflowKernel({
      differs: OWN_DRAWS,
      unless: isEmpty,
      compute: (backend, { shape, rate, seed }) => ({
        mask: tf.tidy(() => {
          const type = (name: string, value: number) => ({ name, type: backend.binding.TF_ATTR_TYPE, value });
          const [FLOAT, INT32] = [1, 3]; // tensorflow/core/framework/types.proto
          const uniform = backend.executeSingleOutput(
            "StatelessRandomUniform",
            [type("dtype", FLOAT), type("T", INT32), type("Tseed", INT32)],
            [tf.tensor1d(shape, "int32"), tf.tensor1d([seed | 0, 0], "int32")],
          );
          return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), "float32"), 1 / (1 - rate));
        }),
      }),
    }),
    onDeviceKernel({
      differs: OWN_DRAWS,
      unless: isEmpty,
      compute: (graph, { shape, ...drop }) => ({ mask: graph.tensor(maskOnDevice(graph, shape, drop)) }),
    }),
    recordedKernel({
      unless: isEmpty,
      compute: (graph, { shape, ...drop }) => ({ mask: graph.tensor(recordedMask(graph, shape, drop)) }),
    }),
  ],
  *examples() {
    for (const size of SIZES)
      for (const seed of [0, 1, 0x7fffffff, 0xffffffff])
        yield {
          title: `${size} elements of seed ${seed}`,
          inputs: () => ({ shape: [size], rate: 0.3, seed }),
          tolerance: 1e-7,
        };
  },
});

function isEmpty({ shape }: Inputs): string | null {
  return tf.util.sizeFromShape(shape) === 0 ? "masks without elements" : null;
}

/** The last step of MurmurHash3 (Appleby 2011) makes a draw of 24 bits of each index and the seed. */
function hashedMask(size: number, seed: number, threshold: number, scale: number): Float32Array {
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let x = Math.imul(i, 0x9e3779b9) ^ seed;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    mask[i] = x >>> 8 < threshold ? 0 : scale;
  }
  return mask;
}
