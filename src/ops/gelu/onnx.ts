import type { OnnxBuilder } from "../../engine/OnnxBuilder";

/** x · Φ(x), as one operator where there is one. */
export const geluForm = <X>(graph: OnnxBuilder<X>, x: X): X =>
  graph.opset >= 20
    ? graph.op("Gelu", [x])
    : halfOf(graph, x, graph.op("Erf", [graph.op("Mul", [x, graph.float(Math.SQRT1_2)])]));

/** x · (1 + y) / 2 */
export const halfOf = <X>(graph: OnnxBuilder<X>, x: X, y: X): X =>
  graph.op("Mul", [graph.op("Mul", [x, graph.op("Add", [y, graph.float(1)])]), graph.float(0.5)]);
