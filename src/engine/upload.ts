import * as tf from "@tensorflow/tfjs-core";

/**
 * A tensor whose values lie where the engine computes, now: tfjs-node would keep the array it was given until an op first reads the
 * tensor, so that a model just loaded would be in memory twice.
 */
export function upload(values: Float32Array, shape: number[]): tf.Tensor {
  const tensor = tf.tensor(values, shape);
  const backend = tf.backend() as { getInputTensorIds?: (tensors: tf.Tensor[]) => number[] };
  backend.getInputTensorIds?.([tensor]);
  return tensor;
}
