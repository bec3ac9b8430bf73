import type { Given, OnnxGraph } from "../OnnxGraph";

/** `f` of all angles of a batch's positions: [1, positions, 1, width / 2], where `slopes` has width / 2 of them. */
export function rotaryTurns(graph: OnnxGraph, { f, slopes }: { f: "Cos" | "Sin"; slopes: number[] }): string {
  const places = graph.op("Cast", [graph.count(graph.given("sequenceLength"))], { to: { int: 1 } });
  const column = graph.op("Unsqueeze", [places, graph.ints(0, 2, 3)]);
  return graph.op(f, [graph.op("Mul", [column, graph.floats(...slopes)])]);
}

export function rotary(
  graph: OnnxGraph,
  { x, cos, sin, heads, half }: { x: string; cos: Given; sin: Given; heads: number; half: number },
): string {
  const split = graph.op("Reshape", [x, graph.shape("batchSize", -1, heads, 2 * half)]);
  const [a, b] = [0, half].map((start) => graph.slice(split, 3, start, start + half));
  const [c, s] = [cos(), sin()];
  const mul = (x: string, y: string) => graph.op("Mul", [x, y]);
  const turned = [graph.op("Sub", [mul(a, c), mul(b, s)]), graph.op("Add", [mul(b, c), mul(a, s)])];
  const joined = graph.op("Concat", turned, { axis: { int: 3 } });
  return graph.op("Reshape", [joined, graph.shape(-1, 2 * half * heads)]);
}
