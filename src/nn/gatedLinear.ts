import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask } from "../engine/dropoutMask";
import { matMul } from "../engine/matMul";
import type { Activation } from "./activation";
import type { Pass, Value } from "./Pass";
import type { Projection } from "./projection";

/**
 * (f(a) · b) Wᵀ + bias for the halves a and b of u: [rows, 2 · in] → [rows, out], the second half of a gated feed-forward layer
 * (Shazeer 2020). What W multiplies is dropped out at `rate`. Keeps u alone, and the mask where there is one.
 */
export function gatedLinear(
  pass: Pass,
  u: Value,
  f: Activation,
  { weight, bias }: Projection,
  rate: number,
): Value {
  const drop =
    pass.training && rate > 0
      ? dropoutMask([u.tensor.shape[0], weight.shape[1]], rate, pass.drawSeed())
      : undefined;
  const y = tf.tidy(() => {
    const product = matMul(gated(u.tensor, f, drop), weight.value, false, true);
    return bias ? tf.add(product, bias.value) : product;
  });
  const value = pass.record(
    y,
    [u, weight, ...(bias ? [bias] : [])],
    () => (pass.tracks(u) || pass.tracks(weight) ? [u.tensor, ...(drop ? [drop] : [])] : []),
    (dy, [input, drop]) => [
      pass.tracks(u) ? tf.tidy(() => inputGradient(matMul(dy, weight.value), input, f, drop)) : null,
      pass.tracks(weight) ? tf.tidy(() => matMul(dy, gated(input, f, drop), true, false)) : null,
      bias && pass.tracks(bias) ? tf.sum(dy, 0) : null,
    ],
  );
  drop?.dispose();
  return value;
}

function gated(u: tf.Tensor, f: Activation, drop?: tf.Tensor): tf.Tensor {
  const [a, b] = tf.split(u, 2, 1);
  const product = tf.mul(f.forward(a), b);
  return drop ? tf.mul(product, drop) : product;
}

function inputGradient(dy: tf.Tensor, u: tf.Tensor, f: Activation, drop?: tf.Tensor): tf.Tensor {
  const [a, b] = tf.split(u, 2, 1);
  const dProduct = drop ? tf.mul(dy, drop) : dy;
  return tf.concat([f.gradient(tf.mul(dProduct, b), a), tf.mul(dProduct, f.forward(a))], 1);
}
