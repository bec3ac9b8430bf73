import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../engine/matMul";
import type { Activation } from "./activation";
import { type Linear, linearOnnx } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * f(u) Wᵀ + b: the second half of a feed-forward layer, [rows, in] → [rows, out]. Keeps u alone and computes f(u) again on the
 * way back, so that the widest activation of a block is held once, not twice.
 */
export function activatedLinear(pass: Pass, u: Value, f: Activation, { weight, bias }: Linear): Value {
  const y = tf.tidy(() => tf.add(matMul(f.forward(u.tensor), weight.value, false, true), bias.value));
  return pass.record(
    y,
    [u, weight, bias],
    () => (pass.tracks(u) || pass.tracks(weight) ? [u.tensor] : []),
    (dy, [input]) => [
      pass.tracks(u) ? tf.tidy(() => f.gradient(matMul(dy, weight.value), input)) : null,
      pass.tracks(weight) ? tf.tidy(() => matMul(dy, f.forward(input), true, false)) : null,
      pass.tracks(bias) ? tf.sum(dy, 0) : null,
    ],
    (graph, [u, ...layer]) => linearOnnx(graph, [f.onnx(graph, u), ...layer]),
  );
}
