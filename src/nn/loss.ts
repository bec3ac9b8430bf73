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

/**
 * Σ weight · smoothL1(prediction - target), a scalar: d² / 2β below β and |d| - β/2 beyond it, as `smooth_l1_loss`. All tensors are of
 * one shape.
 */
export function smoothL1(
  pass: Pass,
  predictions: Value,
  target: tf.Tensor,
  weight: tf.Tensor,
  beta: number,
): Value {
  const y = predictions.tensor;
  const loss = tf.tidy(() => {
    const distance = tf.abs(tf.sub(y, target));
    const near = tf.minimum(distance, beta);
    return tf.sum(tf.mul(weight, tf.add(tf.div(tf.square(near), 2 * beta), tf.sub(distance, near))));
  });
  return pass.record({
    output: loss,
    inputs: { predictions },
    saved: () => ({ y, target, weight }),
    backward: (dy, { y, target, weight }) => ({
      predictions: tf.mul(dy, tf.mul(weight, tf.clipByValue(tf.div(tf.sub(y, target), beta), -1, 1))),
    }),
  });
}

/**
 * -Σ target · (1 - p)^γ · log p with p = softmax(logits), a scalar (Lin et al. 2017, "Focal Loss for Dense Object Detection", eq. 4): what
 * is right already counts less. `logits` and `target` are [rows, classes], as in `softmaxCrossEntropy`, which this is at γ = 0.
 */
export function softmaxFocal(pass: Pass, logits: Value, target: tf.Tensor, gamma: number): Value {
  const [loss, logProbabilities] = tf.tidy(() => {
    const logProbabilities = tf.logSoftmax(logits.tensor);
    const left = tf.pow(tf.relu(tf.sub(1, tf.exp(logProbabilities))), gamma);
    return [tf.neg(tf.sum(tf.mul(tf.mul(target, left), logProbabilities))), logProbabilities];
  });
  const value = pass.record({
    output: loss,
    inputs: { logits },
    saved: () => ({ logProbabilities, target }),
    backward(dy, { logProbabilities, target }) {
      const p = tf.exp(logProbabilities);
      const left = tf.relu(tf.sub(1, p));
      // p · (1 - p)^(γ-1) · log p has a limit at p = 1, where its second factor may have none.
      const slope = tf.mul(tf.mul(p, tf.pow(tf.maximum(left, 1e-7), gamma - 1)), logProbabilities);
      const h = tf.mul(target, tf.sub(tf.mul(slope, gamma), tf.pow(left, gamma)));
      return { logits: tf.mul(dy, tf.sub(h, tf.mul(p, tf.sum(h, -1, true)))) };
    },
  });
  logProbabilities.dispose();
  return value;
}

/**
 * Σ weight · (target · (1 - p)^γ · -log p + (1 - target) · p^γ · -log(1 - p)) with p = sigmoid(logit), a scalar: torchvision's
 * `sigmoid_focal_loss` without α. All tensors are [rows, labels].
 */
export function sigmoidFocal(
  pass: Pass,
  logits: Value,
  target: tf.Tensor,
  weight: tf.Tensor,
  gamma: number,
): Value {
  const z = logits.tensor;
  // -log(1 - p) = softplus(z) and -log p = softplus(-z), neither of which overflows.
  const softplus = (x: tf.Tensor) => tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
  const factors = (z: tf.Tensor) =>
    [
      [tf.sigmoid(tf.neg(z)), softplus(tf.neg(z))],
      [tf.sigmoid(z), softplus(z)],
    ] as const;
  const loss = tf.tidy(() => {
    const [yes, no] = factors(z).map(([left, log]) => tf.mul(tf.pow(left, gamma), log));
    return tf.sum(tf.mul(weight, tf.add(tf.mul(target, yes), tf.mul(tf.sub(1, target), no))));
  });
  return pass.record({
    output: loss,
    inputs: { logits },
    saved: () => ({ z, target, weight }),
    backward(dy, { z, target, weight }) {
      const [[q, yes], [p, no]] = factors(z);
      const rising = tf.mul(tf.pow(q, gamma), tf.add(tf.mul(tf.mul(p, yes), gamma), q));
      const falling = tf.mul(tf.pow(p, gamma), tf.add(tf.mul(tf.mul(q, no), gamma), p));
      const slope = tf.sub(tf.mul(tf.sub(1, target), falling), tf.mul(target, rising));
      return { logits: tf.mul(dy, tf.mul(weight, slope)) };
    },
  });
}

/**
 * Σ weight · Σ (F(p) - F(target))², a scalar, F being sums over the classes up to each and p = softmax(logits): the squared earth mover's
 * distance (Hou, Yu and Samaras 2016), by which a class that is further off in their order costs more. `logits` and `target` are
 * [rows, classes], each row of `target` adding up to 1, `weight` [rows, 1].
 */
export function squaredEarthMover(pass: Pass, logits: Value, target: tf.Tensor, weight: tf.Tensor): Value {
  const [loss, probabilities, apart] = tf.tidy(() => {
    const probabilities = tf.softmax(logits.tensor);
    // tfjs's plain backend takes no axis from the end here.
    const apart = tf.cumsum(tf.sub(probabilities, target), 1);
    return [tf.sum(tf.mul(weight, tf.square(apart))), probabilities, apart];
  });
  const value = pass.record({
    output: loss,
    inputs: { logits },
    saved: () => ({ probabilities, apart, weight }),
    backward(dy, { probabilities, apart, weight }) {
      // A probability is part of every sum from its own class on.
      const g = tf.cumsum(tf.mul(tf.mul(weight, 2), apart), 1, false, true);
      const mean = tf.sum(tf.mul(probabilities, g), -1, true);
      return { logits: tf.mul(dy, tf.mul(probabilities, tf.sub(g, mean))) };
    },
  });
  tf.dispose([probabilities, apart]);
  return value;
}
