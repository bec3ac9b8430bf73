import type { Activation } from "../activations/activations";
import type { OnnxGraph } from "../OnnxGraph";

export interface Dense {
  x: string;
  weight: string;
  bias?: string;
}

/** f(x) · weightᵀ + bias */
export const linear = (graph: OnnxGraph, { x, weight, bias, f }: Dense & { f?: Activation }): string =>
  graph.op("Gemm", [f ? f.onnx(graph, x) : x, weight, bias], { transB: { int: 1 } });
