import type { OnnxGraph } from "../OnnxGraph";

export interface Written {
  x: string;
  residual?: string;
  weight: string;
  bias?: string;
  eps: number;
}

export function layerNorm(graph: OnnxGraph, { x, residual, weight, bias, eps }: Written): string {
  const sum = residual === undefined ? x : graph.op("Add", [x, residual]);
  return graph.op("LayerNormalization", [sum, weight, bias], { axis: { int: -1 }, epsilon: { float: eps } });
}
