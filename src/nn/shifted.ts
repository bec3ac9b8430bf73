import * as tf from "@tensorflow/tfjs-core";

/** What was there one time earlier, [n, …]; zeros at the first. */
export const shifted = (all: tf.Tensor): tf.Tensor =>
  tf.concat([tf.zeros([1, ...all.shape.slice(1)]), tf.slice(all, [0], [all.shape[0] - 1])]);
