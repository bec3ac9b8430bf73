import * as tf from "@tensorflow/tfjs-core";
import { wasmHeap } from "./wasmHeap";

/** x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016); the shape stays. */
export function gelu(x: tf.Tensor): tf.Tensor {
  const heap = wasmHeap();
  if (!heap) return tf.tidy(() => tf.mul(x, distribution(x)));
  const y = heap.make(x.shape);
  heap.kernels.gelu(x.size, heap.at(x), heap.at(y));
  return y;
}

/** dy · (Φ(x) + x · φ(x)): the gradient of `gelu` at x. */
export function geluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const heap = wasmHeap();
  if (!heap)
    return tf.tidy(() => {
      const slope = tf.mul(tf.mul(x, INVERSE_SQRT_2PI), tf.exp(tf.mul(tf.square(x), -0.5)));
      return tf.mul(dy, tf.add(distribution(x), slope));
    });
  const dx = heap.make(x.shape);
  heap.kernels.geluGradient(x.size, heap.at(dy), heap.at(x), heap.at(dx));
  return dx;
}

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

const distribution = (x: tf.Tensor) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
