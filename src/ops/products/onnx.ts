import type { Activation } from "../activations/activations";
import type { OnnxGraph } from "../OnnxGraph";
import type { Product } from "./products";

interface Written extends Pick<Product, "transposeA" | "transposeB" | "activationA"> {
  a: string;
  b: string;
  bias?: string;
}

export function product(graph: OnnxGraph, written: Written): string {
  const { a, b, bias, transposeA, transposeB, activationA } = written;
  const factor = activationA ? activationA.onnx(graph, a) : a;
  return graph.op("Gemm", bias === undefined ? [factor, b] : [factor, b, bias], {
    ...(transposeA && { transA: { int: 1 } }),
    ...(transposeB && { transB: { int: 1 } }),
  });
}

interface Dense {
  x: string;
  weight: string;
  bias?: string;
}

/** f(x) · weightᵀ + bias; of weight and bias, `rows` are those from the first to before the second. */
export function linear(
  graph: OnnxGraph,
  { x, weight, bias, f, rows }: Dense & { f?: Activation; rows?: [number, number] | null },
): string {
  const taken = (whole: string) => (rows ? graph.slice(whole, 0, ...rows) : whole);
  const parameters = { b: taken(weight), bias: bias === undefined ? bias : taken(bias) };
  return product(graph, { a: x, ...parameters, transposeB: true, activationA: f });
}

/** (f(left half of x) · right half) · weightᵀ + bias, where each half is `width` wide. */
export function gatedLinear(
  graph: OnnxGraph,
  { x, f, width, ...dense }: Dense & { f: Activation; width: number },
): string {
  const [a, b] = [0, width].map((start) => graph.slice(x, 1, start, start + width));
  return linear(graph, { x: graph.op("Mul", [f.onnx(graph, a), b]), ...dense });
}
