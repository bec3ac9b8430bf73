import type { Given, OnnxGraph } from "../OnnxGraph";

/** 0, 1, 2, … below `length`. */
export const count = (graph: OnnxGraph, { length }: { length: number }): string =>
  graph.count(graph.ints(length));

/** padding + 1, padding + 2, … over what is no padding; `padding` for what is: [batch · seq]. */
export function positionsPastPadding(
  graph: OnnxGraph,
  { inputIds, padding }: { inputIds: Given; padding: number },
): string {
  const start = graph.int(padding);
  const unseen = graph.op("Equal", [inputIds(), start]);
  const seen = graph.op("Cast", [graph.op("Not", [unseen])], { to: { int: 7 } });
  const rows = graph.op("Reshape", [seen, graph.shape("batchSize", -1)]);
  const counted = graph.op("Mul", [graph.op("CumSum", [rows, graph.int(1)]), rows]);
  return graph.op("Reshape", [graph.op("Add", [counted, start]), graph.ints(-1)]);
}
