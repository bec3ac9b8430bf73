import * as tf from "@tensorflow/tfjs-core";

/** [batch · n, heads · width] → [heads, batch, n, width]: heads first, so that what all texts share multiplies them in one product. */
export const splitHeads = (x: tf.Tensor, batchSize: number, heads: number): tf.Tensor =>
  tf.transpose(tf.reshape(x, [batchSize, -1, heads, x.shape[1]! / heads]), [2, 0, 1, 3]);

/** [heads, batch, n, width] → [batch · n, heads · width] */
export const mergeHeads = (x: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [x.shape[1]! * x.shape[2]!, x.shape[0] * x.shape[3]!]);

/** The gradient of what went into a softmax over the last axis, from that of what came out of it, `y`. */
export const softmaxGradient = (dy: tf.Tensor, y: tf.Tensor): tf.Tensor =>
  tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)));
