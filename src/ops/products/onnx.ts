import type { Activation } from "../activations/activations";
import type { OnnxGraph } from "../OnnxGraph";

export interface Dense {
  x: string;
  weight: string;
  bias?: string;
}

/** f(x) · weightᵀ + bias; of weight and bias, `rows` are those from the first to before the second. */
export function linear(
  graph: OnnxGraph,
  { x, weight, bias, f, rows }: Dense & { f?: Activation; rows?: [number, number] | null },
): string {
  const inputs = [
    f ? f.onnx(graph, x) : x,
    ...[weight, bias].map((whole) => (rows && whole ? graph.slice(whole, 0, ...rows) : whole)),
  ];
  return graph.op("Gemm", inputs, { transB: { int: 1 } });
}

/** (f(left half of x) · right half) · weightᵀ + bias, where each half is `width` wide. */
export function gatedLinear(
  graph: OnnxGraph,
  { x, f, width, ...dense }: Dense & { f: Activation; width: number },
): string {
  const [a, b] = [0, width].map((start) => graph.slice(x, 1, start, start + width));
  return linear(graph, { x: graph.op("Mul", [f.onnx(graph, a), b]), ...dense });
}
