import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";

/**
 * The way back from the first rows of each of `batch` runs of `length` rows: `dy` [batch · n, width] stands at the head of each run,
 * zeros behind it; `add` [batch · length, width] is added. Gives [batch · length, width].
 */
export function firstRowsGradient(
  dy: tf.Tensor,
  batch: number,
  length: number,
  add: tf.Tensor | null,
): tf.Tensor {
  const native = nativeKernels();
  if (native && dy.size > 0)
    return native.run("FirstRowsGrad", {}, [dy, add, Int32Array.of(batch, length)], 1)[0]!;
  return tf.tidy(() => {
    const [rows, width] = [dy.shape[0] / batch, dy.shape[1]!];
    const padded = tf.pad(tf.reshape(dy, [batch, rows, width]), [
      [0, 0],
      [0, length - rows],
      [0, 0],
    ]);
    const dx = tf.reshape(padded, [batch * length, width]);
    return add ? tf.add(dx, add) : dx;
  });
}
