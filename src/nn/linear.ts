import * as tf from "@tensorflow/tfjs-core";
import { type Product, product, productAndRowSums } from "../engine/product";
import type { OnnxForm } from "./OnnxGraph";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A dense layer's parameters: `weight` [out, in], as PyTorch keeps it, and `bias` [out]. */
export interface Linear {
  weight: Parameter;
  bias: Parameter;
}

/** x Wᵀ + b: [rows, in] → [rows, out], as `torch.nn.functional.linear`. */
export function linear(pass: Pass, x: Value, { weight, bias }: Linear): Value {
  const y = product({ a: x.tensor, b: weight.value, transposeB: true, bias: bias.value });
  return pass.record(
    y,
    [x, weight, bias],
    () => (pass.tracks(weight) ? [x.tensor] : []),
    (dy, [input], gathered) => [
      pass.tracks(x) ? product({ a: dy, b: weight.value, add: gathered(0) }) : null,
      ...weightGradients(pass, dy, { weight, bias }, () => ({ b: input })),
    ],
    linearOnnx,
  );
}

/** The gradients of weight and bias, where they are wanted; `input` is what the weight was multiplied by. */
export function weightGradients(
  pass: Pass,
  dy: tf.Tensor,
  { weight, bias }: Linear,
  input: () => Pick<Product, "b" | "activationB">,
): (tf.Tensor | null)[] {
  if (!pass.tracks(weight)) return [null, pass.tracks(bias) ? tf.sum(dy, 0) : null];
  const factors = { a: dy, transposeA: true, ...input() };
  if (!pass.tracks(bias)) return [product(factors), null];
  const { y, sums } = productAndRowSums(factors);
  return [y, sums];
}

/** Of x, the weight and, where there is one, the bias. */
export const linearOnnx: OnnxForm = (graph, inputs) => graph.op("Gemm", inputs, { transB: { int: 1 } });
