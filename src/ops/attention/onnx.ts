import type { Given, OnnxGraph } from "../OnnxGraph";
import { linear } from "../products/onnx";

export interface Options {
  mask: Given;
  hidden: number;
  heads: number;
}

/** Of queries, keys and values [batch · n, hidden]. */
export interface WrittenAttention extends Options {
  query: string;
  key: string;
  value: string;
  /** How many tokens each one sees to either side; all where left out. */
  reach?: number | null;
  /** Whether the queries are the first of each text alone. */
  firstOnly?: boolean;
  /** How many kinds of scores are added up; default 1. */
  parts?: number;
}

/** `added` gives the other kinds of scores, from queries and keys [batch, heads, n, width]. */
export function attention(
  graph: OnnxGraph,
  { mask, hidden, heads, reach = null, firstOnly, parts = 1, ...inputs }: WrittenAttention,
  added: (query: string, key: string) => string[] = () => [],
): string {
  const width = hidden / heads;
  const [query, key, value] = [inputs.query, inputs.key, inputs.value].map((x) =>
    splitHeads(graph, x, heads, width),
  );
  const turned = graph.op("Transpose", [key], { perm: { ints: [0, 1, 3, 2] } });
  const products = graph.op("MatMul", [query, turned]);
  const sum = added(query, key).reduce((sum, scores) => graph.op("Add", [sum, scores]), products);
  const scores = graph.op("Mul", [sum, graph.float(1 / Math.sqrt(width * parts))]);
  const unseen = mask();
  const near = reach === null ? null : band(graph, reach);
  const hiding =
    near === null ? unseen : graph.op("Add", [unseen, firstOnly ? graph.slice(near, 0, 0, 1) : near]);
  const weights = graph.op("Softmax", [graph.op("Add", [scores, hiding])], { axis: { int: -1 } });
  return mergeHeads(graph, graph.op("MatMul", [weights, value]), hidden);
}

export interface WrittenSelfAttention extends Options {
  x: string;
  keyWeight: string;
  keyBias?: string;
  valueWeight: string;
  valueBias?: string;
}

/** Of rows [batch · n, hidden], queries, keys and values being what three dense layers make of them. */
export function selfAttention(
  graph: OnnxGraph,
  { queryWeight, queryBias, ...inputs }: WrittenSelfAttention & { queryWeight: string; queryBias?: string },
): string {
  const query = linear(graph, { x: inputs.x, weight: queryWeight, bias: queryBias });
  return firstRowAttention(graph, { ...inputs, query });
}

/** The queries are made already. */
export function firstRowAttention(
  graph: OnnxGraph,
  { x, keyWeight, keyBias, valueWeight, valueBias, ...rest }: WrittenSelfAttention & { query: string },
): string {
  const key = linear(graph, { x, weight: keyWeight, bias: keyBias });
  const value = linear(graph, { x, weight: valueWeight, bias: valueBias });
  return attention(graph, { ...rest, key, value });
}

const MASKED = -1e9;

/** What is added to the scores of keys out of reach, for texts of any length: [queries, keys]. */
function band(graph: OnnxGraph, reach: number): string {
  const places = graph.count(graph.given("sequenceLength"));
  const distances = graph.op("Abs", [
    graph.op("Sub", [graph.op("Unsqueeze", [places, graph.ints(1)]), places]),
  ]);
  const beyond = graph.op("Greater", [distances, graph.int(reach)]);
  return graph.op("Where", [beyond, graph.float(MASKED), graph.float(0)]);
}

/** In ONNX heads come after the batch: [batch · n, heads · width] → [batch, heads, n, width]. */
const splitHeads = (graph: OnnxGraph, x: string, heads: number, width: number): string =>
  graph.op("Transpose", [graph.op("Reshape", [x, graph.shape("batchSize", -1, heads, width)])], {
    perm: { ints: [0, 2, 1, 3] },
  });

/** [batch, heads, n, width] → [batch · n, hidden], where hidden is heads · width. */
const mergeHeads = (graph: OnnxGraph, x: string, hidden: number): string =>
  graph.op("Reshape", [
    graph.op("Transpose", [x], { perm: { ints: [0, 2, 1, 3] } }),
    graph.shape(-1, hidden),
  ]);
