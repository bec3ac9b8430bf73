import { attention, type Options } from "../attention/onnx";
import type { Given, OnnxGraph } from "../OnnxGraph";
import { firstRows } from "../rows/onnx";

/** `f` of all angles of a batch's positions: [1, positions, 1, width / 2], where `slopes` has width / 2 of them. */
export function rotaryTurns(graph: OnnxGraph, { f, slopes }: { f: "Cos" | "Sin"; slopes: number[] }): string {
  const places = graph.op("Cast", [graph.count(graph.given("sequenceLength"))], { to: { int: 1 } });
  const column = graph.op("Unsqueeze", [places, graph.ints(0, 2, 3)]);
  return graph.op(f, [graph.op("Mul", [column, graph.floats(...slopes)])]);
}

interface Written extends Options {
  qkv: string;
  cos: Given;
  sin: Given;
  /** How many tokens each one sees to either side; null where all. */
  reach: number | null;
  firstOnly: boolean;
}

/** Of queries, keys and values side by side: [batch · n, 3 · hidden]. */
export function rotaryAttention(graph: OnnxGraph, { qkv, cos, sin, firstOnly, ...options }: Written): string {
  const { hidden, heads } = options;
  const [all, unturned, value] = [0, 1, 2].map((i) => graph.slice(qkv, 1, i * hidden, (i + 1) * hidden));
  const turn = (x: string) => turned(graph, x, cos(), sin(), heads, hidden / heads / 2);
  const query = turn(all);
  const asking = firstOnly ? firstRows(graph, { x: query, width: hidden }) : query;
  return attention(graph, { ...options, query: asking, key: turn(unturned), value, firstOnly });
}

function turned(graph: OnnxGraph, x: string, cos: string, sin: string, heads: number, half: number): string {
  const split = graph.op("Reshape", [x, graph.shape("batchSize", -1, heads, 2 * half)]);
  const [a, b] = [0, half].map((start) => graph.slice(split, 3, start, start + half));
  const mul = (x: string, y: string) => graph.op("Mul", [x, y]);
  const parts = [graph.op("Sub", [mul(a, cos), mul(b, sin)]), graph.op("Add", [mul(b, cos), mul(a, sin)])];
  const joined = graph.op("Concat", parts, { axis: { int: 3 } });
  return graph.op("Reshape", [joined, graph.shape(-1, 2 * half * heads)]);
}
