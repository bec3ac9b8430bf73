import type { Activation } from "../activations/activations";
import type { OnnxGraph } from "../OnnxGraph";

export interface Dense {
  x: string;
  weight: string;
  bias?: string;
}

/** f(x) · weightᵀ + bias + residual */
export function linear(
  graph: OnnxGraph,
  { x, weight, bias, residual, f }: Dense & { residual?: string; f?: Activation },
): string {
  const product = graph.op("Gemm", [f ? f.onnx(graph, x) : x, weight, bias], { transB: { int: 1 } });
  return residual === undefined ? product : graph.op("Add", [residual, product]);
}
