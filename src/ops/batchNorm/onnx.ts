import type { OnnxGraph } from "../OnnxGraph";

export type Written = Record<"x" | "weight" | "bias" | "mean" | "variance", string> & { eps: number };

/** By the running statistics. */
export const batchNorm = (graph: OnnxGraph, { x, weight, bias, mean, variance, eps }: Written): string =>
  graph.op("BatchNormalization", [x, weight, bias, mean, variance], { epsilon: { float: eps } });
