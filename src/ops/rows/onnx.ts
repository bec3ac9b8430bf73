// Of the rows of each text, [batch · n, width]; a mask is [batch, 1, 1, n], 0 at tokens and hugely negative at padding.
import type { Given, OnnxGraph } from "../OnnxGraph";

/** [batch · n, width] → [batch, n, width] */
export const rowsOfTexts = (graph: OnnxGraph, x: string, width: number): string =>
  graph.op("Reshape", [x, graph.shape("batchSize", -1, width)]);

/** [batch, n, width] → [batch, width] */
const sumOfRows = (graph: OnnxGraph, x: string): string =>
  graph.op("ReduceSum", [x, graph.ints(1)], { keepdims: { int: 0 } });

/** Whether the mask hides a row: bits of [batch, 1, 1, n]. */
export const hiddenRows = (graph: OnnxGraph, mask: Given): string =>
  graph.op("Less", [mask(), graph.float(0)]);

/** 1 for each row that the mask shows, 0 for each that it hides: float32 of [batch, n, 1]. */
function seenRows(graph: OnnxGraph, mask: Given): string {
  const seen = graph.op("Cast", [graph.op("Not", [hiddenRows(graph, mask)])], { to: { int: 1 } });
  return rowsOfTexts(graph, seen, 1);
}

export interface Rows {
  x: string;
  width: number;
}

export function firstRows(graph: OnnxGraph, { x, width }: Rows): string {
  const first = graph.slice(rowsOfTexts(graph, x, width), 1, 0, 1);
  return graph.op("Reshape", [first, graph.shape(-1, width)]);
}

export function meanRows(graph: OnnxGraph, { x, mask, width }: Rows & { mask: Given }): string {
  const seen = seenRows(graph, mask);
  const sum = sumOfRows(graph, graph.op("Mul", [rowsOfTexts(graph, x, width), seen]));
  return graph.op("Div", [sum, sumOfRows(graph, seen)]);
}

export function maxRows(graph: OnnxGraph, { x, mask, width }: Rows & { mask: Given }): string {
  const hidden = rowsOfTexts(graph, mask(), 1);
  const seen = graph.op("Add", [rowsOfTexts(graph, x, width), hidden]);
  return graph.op("ReduceMax", [seen], { axes: { ints: [1] }, keepdims: { int: 0 } });
}

export function weightedRows(
  graph: OnnxGraph,
  { x, scores, mask, width }: Rows & { scores: string; mask: Given },
): string {
  const [own, hidden] = [scores, mask()].map((x) => rowsOfTexts(graph, x, 1));
  const weights = graph.op("Softmax", [graph.op("Add", [own, hidden])], { axis: { int: 1 } });
  return sumOfRows(graph, graph.op("Mul", [rowsOfTexts(graph, x, width), weights]));
}

export function zeroPadding(graph: OnnxGraph, { x, mask }: { x: string; mask: Given }): string {
  const rows = graph.op("Reshape", [seenRows(graph, mask), graph.ints(-1, 1)]);
  return graph.op("Mul", [x, rows]);
}

/** The first `count` rows of each text, side by side; zeros where a text has fewer. */
export function leadingRows(graph: OnnxGraph, { x, width, count }: Rows & { count: number }): string {
  const none = graph.op("Expand", [graph.float(0), graph.shape("batchSize", count, width)]);
  const longer = graph.op("Concat", [rowsOfTexts(graph, x, width), none], { axis: { int: 1 } });
  return graph.op("Reshape", [graph.slice(longer, 1, 0, count), graph.shape(-1, count * width)]);
}

/** The sum of layers side by side, the last one first, by the softmax of `weights` in the order in which the layers run. */
export function weightedLayers(
  graph: OnnxGraph,
  { x, weights, layers, width }: Rows & { weights: string; layers: number },
): string {
  const newestFirst = graph.ints(...Array.from({ length: layers }, (_, i) => layers - 1 - i));
  const shares = graph.op("Gather", [graph.op("Softmax", [weights], { axis: { int: 0 } }), newestFirst]);
  const apart = graph.op("Reshape", [x, graph.shape(-1, layers, width)]);
  const weighted = graph.op("Mul", [apart, graph.op("Reshape", [shares, graph.shape(1, layers, 1)])]);
  return graph.op("ReduceSum", [weighted, graph.ints(1)], { keepdims: { int: 0 } });
}
