import * as tf from "@tensorflow/tfjs-core";

/** How far each position turns each pair of features: [1, positions, 1, width / 2] each, for heads of `width`. */
export interface Turns {
  cos: tf.Tensor;
  sin: tf.Tensor;
}

/**
 * Turns features i and i + width / 2 of each head of `x` [batch · positions, heads · width] by the angle of its position (Su et al. 2021):
 * products of queries and keys then depend on how far apart the two are. `back` undoes it, and is its backward.
 */
export function turn(x: tf.Tensor, heads: number, { cos, sin }: Turns, back = false): tf.Tensor {
  const [, positions, , half] = cos.shape as number[];
  const split = tf.reshape(x, [-1, positions, heads, 2 * half]);
  const size = [split.shape[0], positions, heads, half];
  const [a, b] = [0, half].map((start) => tf.slice(split, [0, 0, 0, start], size));
  const by = back ? tf.neg(sin) : sin;
  const turned = [tf.sub(tf.mul(a, cos), tf.mul(b, by)), tf.add(tf.mul(b, cos), tf.mul(a, by))];
  return tf.reshape(tf.concat(turned, 3), x.shape);
}
