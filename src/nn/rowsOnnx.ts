import type * as tf from "@tensorflow/tfjs-core";
import type { OnnxGraph } from "./OnnxGraph";

/** The rows of each text, from those of all: [batch · n, width] → [batch, n, width]. */
export const rowsOfTexts = (graph: OnnxGraph, x: string, width: number): string =>
  graph.op("Reshape", [x, graph.shape("batchSize", -1, width)]);

/** The sum of each text's rows: [batch, n, width] → [batch, width]. */
export const sumOfRows = (graph: OnnxGraph, x: string): string =>
  graph.op("ReduceSum", [x, graph.ints(1)], { keepdims: { int: 0 } });

/** 1 for each row that `mask` [batch, 1, 1, n] lets be seen, 0 for each that it hides: float32 of [batch, n, 1]. */
export function seenRows(graph: OnnxGraph, mask: tf.Tensor): string {
  const hidden = graph.op("Less", [graph.given(mask), graph.float(0)]);
  const seen = graph.op("Cast", [graph.op("Not", [hidden])], { to: { int: 1 } });
  return rowsOfTexts(graph, seen, 1);
}
