import * as tf from "@tensorflow/tfjs-core";

/**
 * x [batch, height, width, channels] with its pixels `stride` apart and zeros between: [batch, stride · height, stride · width,
 * channels]. What lies at (i, j) comes to (stride · i, stride · j).
 */
export function spread(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return x.clone();
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const apart = (rows: tf.Tensor3D): tf.Tensor3D =>
      tf.pad(rows, [
        [0, 0],
        [0, stride - 1],
        [0, 0],
      ]);
    const wide = apart(tf.reshape(x, [batch * height * width, 1, channels]));
    const high = apart(tf.reshape(wide, [batch * height, 1, width * stride * channels]));
    return tf.reshape(high, [batch, height * stride, width * stride, channels]);
  });
}
