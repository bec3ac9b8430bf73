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

/** Of padded images, the pixel at (i, j) of each window: [batch, outHeight, outWidth, channels] for `shape` windows. */
export function pixelOfWindows(
  padded: tf.Tensor4D,
  [i, j]: [number, number],
  stride: number,
  [height, width]: [number, number],
): tf.Tensor4D {
  const [batch, , , channels] = padded.shape;
  const end = [batch, i + stride * (height - 1) + 1, j + stride * (width - 1) + 1, channels];
  if (stride === 1) return tf.slice(padded, [0, i, j, 0], [batch, height, width, channels]);
  return tf.stridedSlice(padded, [0, i, j, 0], end, [1, stride, stride, 1]) as tf.Tensor4D;
}
