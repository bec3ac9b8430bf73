import * as tf from "@tensorflow/tfjs-core";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

export interface Norm {
  weight: Parameter;
  bias: Parameter;
  eps: number;
}

/** Layer normalisation over the last axis (Ba, Kiros and Hinton 2016): [rows, width] → [rows, width]. */
export function layerNorm(pass: Pass, x: Value, { weight, bias, eps }: Norm): Value {
  const [y, normal, scale] = tf.tidy(() => {
    const centred = tf.sub(x.tensor, tf.mean(x.tensor, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
    const normal = tf.mul(centred, scale);
    return [tf.add(tf.mul(normal, weight.value), bias.value), normal, scale];
  });
  const value = pass.record(
    y,
    [x, weight, bias],
    () => (pass.tracks(x) ? [normal, scale] : pass.tracks(weight) ? [normal] : []),
    (dy, [normal, scale]) => [
      pass.tracks(x) ? inputGradient(dy, normal, scale, weight.value) : null,
      pass.tracks(weight) ? tf.tidy(() => tf.sum(tf.mul(dy, normal), 0)) : null,
      pass.tracks(bias) ? tf.sum(dy, 0) : null,
    ],
  );
  tf.dispose([normal, scale]);
  return value;
}

function inputGradient(dy: tf.Tensor, normal: tf.Tensor, scale: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const d = tf.mul(dy, weight);
    const along = tf.mul(normal, tf.mean(tf.mul(d, normal), -1, true));
    return tf.mul(scale, tf.sub(tf.sub(d, tf.mean(d, -1, true)), along));
  });
}
