import * as tf from "@tensorflow/tfjs-core";

/**
 * `a · b` over the last two axes, each transposed on request.
 *
 * The wasm backend leaves XNNPACK for a naive loop when asked to transpose (20 to 100 times slower), so there the operand is
 * transposed first.
 */
export function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (tf.getBackend() !== "wasm" || !(transposeA || transposeB))
    return tf.matMul(a, b, transposeA, transposeB);
  return tf.tidy(() => tf.matMul(transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b));
}

function swapLast(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, i) => i);
  [axes[x.rank - 2], axes[x.rank - 1]] = [x.rank - 1, x.rank - 2];
  return tf.transpose(x, axes);
}
