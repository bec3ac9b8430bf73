import * as tf from "@tensorflow/tfjs-core";
import { Random } from "../random";

/** Normal values for an example: the same for the same name and shape on every engine. */
export function drawn(name: string, ...shape: number[]): tf.Tensor {
  const random = new Random("kernels", name, ...shape);
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
  return tf.tensor(values, shape, "float32");
}

/** Every way to transpose, or not, either of two factors. */
export const TRANSPOSED: readonly (readonly [boolean, boolean])[] = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
];

/** Numbers of elements: none, one, around the width of vectors, odd and large. */
export const SIZES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 1001];
