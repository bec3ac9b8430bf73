import type * as tf from "@tensorflow/tfjs-core";

/** An elementwise function with its gradient from its input. */
export interface Activation {
  /** What the native kernels know it by (native/kernels/activation.h). */
  code: number;
  forward(x: tf.Tensor): tf.Tensor;
  gradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor;
}
