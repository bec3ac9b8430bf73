import type { Activation } from "../activations/activations";
import type { Given, OnnxGraph } from "../OnnxGraph";

export const add = (graph: OnnxGraph, { a, b }: { a: string; b: string }): string => graph.op("Add", [a, b]);

export const activate = (graph: OnnxGraph, { x, f }: { x: string; f: Activation }): string =>
  f.onnx(graph, x);

/** What lies from `start` to before `end` on one axis. */
export const slice = (
  graph: OnnxGraph,
  { x, axis, start, end }: { x: string | Given; axis: number; start: number; end: number },
): string => graph.slice(typeof x === "string" ? x : x(), axis, start, end);

export const sideBySide = (graph: OnnxGraph, { left, right }: { left: string; right: string }): string =>
  graph.op("Concat", [left, right], { axis: { int: 1 } });
