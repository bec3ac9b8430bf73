import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../ops/activations/activations";
import { type Dropout, dropped } from "../ops/dropoutMask/dropoutMask";
import { product } from "../ops/products/products";
import { type Linear, linearGradients } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * (f(a) · b) Wᵀ + bias for the halves a and b of x: [rows, 2 · in] → [rows, out], the second half of a gated feed-forward layer
 * (Shazeer 2020). What W multiplies is dropped out at `rate`. Saves x alone.
 */
export function gatedLinear(
  pass: Pass,
  x: Value,
  f: Activation,
  { weight, bias }: Linear,
  rate: number,
): Value {
  const drop = pass.drawDropout(rate);
  return pass.record({
    op: "gatedLinear",
    settings: { f, width: weight.shape[1] },
    output: tf.tidy(() =>
      product({ a: gated(x.tensor, f, drop), b: weight.value, transposeB: true, bias: bias?.value }),
    ),
    inputs: { x, weight, bias },
    saved: (wanted) => ({ x: wanted.x || wanted.weight ? x.tensor : null }),
    backward(dy, saved, wanted) {
      const input = saved.x!;
      const toInput = wanted.x ? { a: dy, b: weight.value } : null;
      const [made] = linearGradients([{ dy, wanted, toInput, input: () => ({ b: gated(input, f, drop) }) }]);
      return { ...made, x: made.x && gatedGradient(made.x, input, f, drop) };
    },
  });
}

function gated(x: tf.Tensor, f: Activation, drop: Dropout | null): tf.Tensor {
  const [a, b] = tf.split(x, 2, 1);
  return dropped(tf.mul(f.forward(a), b), drop);
}

function gatedGradient(dy: tf.Tensor, x: tf.Tensor, f: Activation, drop: Dropout | null): tf.Tensor {
  const [a, b] = tf.split(x, 2, 1);
  const d = dropped(dy, drop);
  return tf.concat([f.gradient(tf.mul(d, b), a), tf.mul(d, f.forward(a))], 1);
}
