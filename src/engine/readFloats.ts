import type * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";

/**
 * A tensor of the float32 values that lie in a file from `position` on (bytes), read by several threads straight into the engine's
 * memory; null on engines that cannot, where the values have to be read and handed over. Throws when the file ends early.
 */
export function readFloats(file: string, position: number, shape: number[]): tf.Tensor | null {
  const native = nativeKernels();
  if (!native || shape.includes(0)) return null;
  const inputs = [
    Int32Array.from(Buffer.from(file)),
    Int32Array.of(position % 2 ** 24, Math.floor(position / 2 ** 24)),
    Int32Array.from(shape),
  ];
  return native.run("ReadFloats", {}, inputs, 1)[0];
}
