import type { OnnxGraph } from "../OnnxGraph";

export interface Written {
  x: string;
  residual?: string;
  weight: string;
  bias?: string;
  eps: number;
}

export const layerNorm = (graph: OnnxGraph, { x, residual, weight, bias, eps }: Written): string =>
  graph.op(
    "LayerNormalization",
    [
      residual === undefined ? x : graph.op("Add", [x, residual]),
      weight,
      ...(bias === undefined ? [] : [bias]),
    ],
    { axis: { int: -1 }, epsilon: { float: eps } },
  );
