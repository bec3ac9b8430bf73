import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/**
 * -Σ target · log softmax(logits), a scalar, for `logits` and `target` [rows, classes]. The target's rows carry their weight:
 * one-hot rows divided by their number give the mean cross-entropy of `torch.nn.functional.cross_entropy`.
 */
export function softmaxCrossEntropy(pass: Pass, logits: Value, target: tf.Tensor): Value {
  const [loss, logProbabilities] = tf.tidy(() => {
    const logProbabilities = tf.logSoftmax(logits.tensor);
    return [tf.neg(tf.sum(tf.mul(target, logProbabilities))), logProbabilities];
  });
  const value = pass.record({
    output: loss,
    inputs: { logits },
    saved: () => ({ logProbabilities, target }),
    backward: (dy, { logProbabilities, target }) => ({
      logits: tf.mul(dy, tf.sub(tf.mul(tf.exp(logProbabilities), tf.sum(target, -1, true)), target)),
    }),
  });
  logProbabilities.dispose();
  return value;
}

/**
 * Σ weight · (softplus(logit) - target · logit), a scalar: the binary cross-entropy of independent labels, as
 * `binary_cross_entropy_with_logits`. `logits`, `target` and `weight` are [rows, labels].
 */
export function sigmoidCrossEntropy(pass: Pass, logits: Value, target: tf.Tensor, weight: tf.Tensor): Value {
  const z = logits.tensor;
  const loss = tf.tidy(() => {
    // softplus(z) = max(z, 0) + log(1 + exp(-|z|)) does not overflow.
    const softplus = tf.add(tf.relu(z), tf.log1p(tf.exp(tf.neg(tf.abs(z)))));
    return tf.sum(tf.mul(weight, tf.sub(softplus, tf.mul(target, z))));
  });
  return pass.record({
    output: loss,
    inputs: { logits },
    saved: () => ({ z, target, weight }),
    backward: (dy, { z, target, weight }) => ({
      logits: tf.mul(dy, tf.mul(weight, tf.sub(tf.sigmoid(z), target))),
    }),
  });
}

/** Σ weight · (prediction - target)², a scalar, over tensors of one shape: `mse_loss` where each weight is 1 / count. */
export function squaredError(pass: Pass, predictions: Value, target: tf.Tensor, weight: tf.Tensor): Value {
  const y = predictions.tensor;
  const loss = tf.tidy(() => tf.sum(tf.mul(weight, tf.squaredDifference(y, target))));
  return pass.record({
    output: loss,
    inputs: { predictions },
    saved: () => ({ y, target, weight }),
    backward: (dy, { y, target, weight }) => ({
      predictions: tf.mul(dy, tf.mul(tf.mul(weight, 2), tf.sub(y, target))),
    }),
  });
}
