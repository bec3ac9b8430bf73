import * as tf from "@tensorflow/tfjs-core";
import { type Product, product, products } from "../ops/products/products";
import type { OnnxForm } from "./OnnxGraph";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A dense layer's parameters: `weight` [out, in], as PyTorch keeps it, and `bias` [out]. */
export interface Linear {
  weight: Parameter;
  bias: Parameter;
}

/** x Wᵀ + b: [rows, in] → [rows, out], as `torch.nn.functional.linear`. */
export function linear(pass: Pass, x: Value, dense: Linear): Value {
  const { weight, bias } = dense;
  const y = product({ a: x.tensor, b: weight.value, transposeB: true, bias: bias.value });
  return pass.record(
    y,
    [x, weight, bias],
    () => (pass.tracks(weight) ? [x.tensor] : []),
    (dy, [input], gathered) => {
      const toInput = pass.tracks(x) ? { a: dy, b: weight.value, add: gathered(0) } : null;
      return linearGradients(pass, [{ dy, dense, toInput, input: () => ({ b: input }) }])[0];
    },
    linearOnnx,
  );
}

/** A dense layer in backward. */
export interface LinearBack {
  /** The gradient of what came out. */
  dy: tf.Tensor;
  dense: Linear;
  /** Gives the gradient of what went in, where it is wanted. */
  toInput: Product | null;
  /** What the weight was multiplied by; asked for only where the weight learns. */
  input: () => Pick<Product, "b" | "activationB">;
}

/** The gradients of input, weight and bias of each layer, `null` where they are not wanted; `into` counts the products to inputs. */
export function linearGradients(pass: Pass, layers: LinearBack[]): (tf.Tensor | null)[][] {
  const toInputs = layers.flatMap(({ toInput }) => toInput ?? []);
  const toWeights = layers.flatMap(({ dy, dense: { weight, bias }, input }) =>
    pass.tracks(weight) ? [{ a: dy, transposeA: true, ...input(), rowSums: pass.tracks(bias) }] : [],
  );
  const made = products([...toInputs, ...toWeights]);
  const ofInputs = made.splice(0, toInputs.length);
  return layers.map(({ dy, dense: { weight, bias }, toInput }) => {
    const ofInput = toInput ? ofInputs.shift()!.y : null;
    if (!pass.tracks(weight)) return [ofInput, null, pass.tracks(bias) ? tf.sum(dy, 0) : null];
    const { y, sums } = made.shift()!;
    return [ofInput, y, sums];
  });
}

/** Of x, the weight and, where there is one, the bias. */
export const linearOnnx: OnnxForm = (graph, inputs) => graph.op("Gemm", inputs, { transB: { int: 1 } });
