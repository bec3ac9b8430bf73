import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../engine/matMul";
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
  const y = tf.tidy(() => tf.add(matMul(x.tensor, weight.value, false, true), bias.value));
  return pass.record(
    y,
    [x, weight, bias],
    () => (pass.tracks(weight) ? [x.tensor] : []),
    (dy, [input]) => [
      pass.tracks(x) ? matMul(dy, weight.value) : null,
      pass.tracks(weight) ? matMul(dy, input, true, false) : null,
      pass.tracks(bias) ? tf.sum(dy, 0) : null,
    ],
    linearOnnx,
  );
}

export const linearOnnx: OnnxForm = (graph, [x, weight, bias]) =>
  graph.op("Gemm", [x, weight, bias], { transB: { int: 1 } });
