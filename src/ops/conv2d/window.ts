import * as tf from "@tensorflow/tfjs-core";

/** How a square window goes over an image: `stride` pixels a step, from `padding` pixels outside it. */
export interface Steps {
  stride: number;
  padding: number;
}

/** x [batch, height, width, channels] with `value` around each image. */
export function padImages(x: tf.Tensor4D, padding: number, value = 0): tf.Tensor4D {
  const around: [number, number] = [padding, padding];
  return padding === 0 ? x.clone() : tf.pad(x, [[0, 0], around, around, [0, 0]], value);
}

/** The inverse of `padImages`. */
export function cropImages(x: tf.Tensor4D, padding: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (padding === 0) return x.clone();
  return tf.slice(x, [0, padding, padding, 0], [batch, height - 2 * padding, width - 2 * padding, channels]);
}
