import * as tf from "@tensorflow/tfjs-core";
import { type Dropout, dropoutMask } from "../ops/dropoutMask/dropoutMask";
import { product, products } from "../ops/products/products";
import type { Activation } from "./activation";
import { linearOnnx } from "./linear";
import type { Pass, Value } from "./Pass";
import type { Projection } from "./projection";

/**
 * (f(a) · b) Wᵀ + bias for the halves a and b of u: [rows, 2 · in] → [rows, out], the second half of a gated feed-forward layer
 * (Shazeer 2020). What W multiplies is dropped out at `rate`. Keeps u alone.
 */
export function gatedLinear(
  pass: Pass,
  u: Value,
  f: Activation,
  { weight, bias }: Projection,
  rate: number,
): Value {
  const drop = pass.drawDropout(rate);
  const y = tf.tidy(() =>
    product({ a: gated(u.tensor, f, drop), b: weight.value, transposeB: true, bias: bias?.value }),
  );
  return pass.record(
    y,
    [u, weight, ...(bias ? [bias] : [])],
    () => (pass.tracks(u) || pass.tracks(weight) ? [u.tensor] : []),
    (dy, [input]) => {
      const ofInput = pass.tracks(u)
        ? tf.tidy(() => inputGradient(product({ a: dy, b: weight.value }), input, f, drop))
        : null;
      if (!pass.tracks(weight)) return [ofInput, null, bias && pass.tracks(bias) ? tf.sum(dy, 0) : null];
      const rowSums = bias !== undefined && pass.tracks(bias);
      const [{ y, sums }] = products([{ a: dy, transposeA: true, b: gated(input, f, drop), rowSums }]);
      return [ofInput, y, sums];
    },
    (graph, [u, ...layer]) => {
      const width = weight.shape[1];
      const [a, b] = [0, width].map((start) => graph.slice(u, 1, start, start + width));
      return linearOnnx(graph, [graph.op("Mul", [f.onnx(graph, a), b]), ...layer]);
    },
  );
}

function gated(u: tf.Tensor, f: Activation, drop: Dropout | null): tf.Tensor {
  const [a, b] = tf.split(u, 2, 1);
  const product = tf.mul(f.forward(a), b);
  return drop ? tf.mul(product, dropoutMask(product.shape, drop)) : product;
}

function inputGradient(dy: tf.Tensor, u: tf.Tensor, f: Activation, drop: Dropout | null): tf.Tensor {
  const [a, b] = tf.split(u, 2, 1);
  const dProduct = drop ? tf.mul(dy, dropoutMask(dy.shape, drop)) : dy;
  return tf.concat([f.gradient(tf.mul(dProduct, b), a), tf.mul(dProduct, f.forward(a))], 1);
}
