import type * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";

/**
 * A tensor of the float32 values that lie in an open file from `position` on (bytes), read by several threads straight into the engine's
 * memory; null on engines that cannot, where the values have to be read and handed over. Throws when the file ends early.
 */
export function readFloats(descriptor: number, position: number, shape: number[]): tf.Tensor | null {
  const native = nativeKernels();
  if (!native || shape.includes(0)) return null;
  return native.run(
    "ReadFloats",
    {},
    { place: placeInFile(descriptor, position), shape: Int32Array.from(shape) },
  ).values;
}

/** As the ops that read take it. */
export const placeInFile = (descriptor: number, position: number): Int32Array =>
  Int32Array.of(descriptor, position % 2 ** 24, Math.floor(position / 2 ** 24));
