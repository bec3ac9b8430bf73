import { product } from "../ops/products/products";
import type { Activation } from "./activation";
import { type Linear, linearGradients, linearOnnx } from "./linear";
import type { Pass, Value } from "./Pass";

/**
 * f(u) Wᵀ + b: the second half of a feed-forward layer, [rows, in] → [rows, out]. Saves u alone and computes f(u) again in
 * backward, so that the widest activation of a block is held once, not twice.
 */
export function activatedLinear(pass: Pass, u: Value, f: Activation, dense: Linear): Value {
  const { weight, bias } = dense;
  const y = product({ a: u.tensor, activationA: f, b: weight.value, transposeB: true, bias: bias.value });
  return pass.record(
    y,
    [u, weight, bias],
    () => (pass.tracks(u) || pass.tracks(weight) ? [u.tensor] : []),
    (dy, [input], gathered) => {
      const toInput = pass.tracks(u)
        ? { a: dy, b: weight.value, slope: { f, x: input }, add: gathered(0) }
        : null;
      return linearGradients(pass, [{ dy, dense, toInput, input: () => ({ b: input, activationB: f }) }])[0];
    },
    (graph, [u, ...layer]) => linearOnnx(graph, [f.onnx(graph, u), ...layer]),
  );
}
