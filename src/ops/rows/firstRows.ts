import * as tf from "@tensorflow/tfjs-core";

/** The first `rows` of each of `batch` equally long runs of rows: [batch · n, width] → [batch · rows, width]. */
export const firstRows = (x: tf.Tensor, batch: number, rows: number): tf.Tensor =>
  tf.tidy(() => {
    const width = x.shape[1]!;
    const runs = tf.reshape(x, [batch, x.shape[0] / batch, width]);
    return tf.reshape(tf.slice(runs, [0, 0, 0], [batch, rows, width]), [batch * rows, width]);
  });
