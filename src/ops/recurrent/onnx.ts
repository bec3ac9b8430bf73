import type { Given, OnnxGraph } from "../OnnxGraph";
import { hiddenRows, rowsOfTexts } from "../rows/onnx";

/** Where ONNX's gates stand in PyTorch's order, and what it takes to compute what PyTorch computes. */
const CELLS = {
  lstm: { type: "LSTM", order: [0, 3, 1, 2], settings: {} },
  gru: { type: "GRU", order: [1, 0, 2], settings: { linear_before_reset: { int: 1 } } },
};

/** By PyTorch's names, those of the other direction where it has one. */
type Parameters = Partial<Record<`${"weight" | "bias"}_${"ih" | "hh"}_l0${"" | "_reverse"}`, string>>;

/** The states after the last token of each text: [batch · n, width] → [batch, directions · hiddenSize]. */
export function finalStates(
  graph: OnnxGraph,
  given: { x: string; mask: Given; cell: keyof typeof CELLS; hiddenSize: number; width: number } & Parameters,
): string {
  const { x, mask, cell, hiddenSize, width } = given;
  const { type, order, settings } = CELLS[cell];
  const directions =
    given.weight_ih_l0_reverse === undefined ? (["_l0"] as const) : (["_l0", "_l0_reverse"] as const);
  const reordered = (name: string) =>
    graph.op(
      "Concat",
      order.map((gate) => graph.slice(name, 0, gate * hiddenSize, (gate + 1) * hiddenSize)),
      { axis: { int: 0 } },
    );
  const stacked = (each: (direction: (typeof directions)[number]) => string) => {
    const all = directions.map((direction) => graph.op("Unsqueeze", [each(direction), graph.ints(0)]));
    return all.length === 1 ? all[0] : graph.op("Concat", all, { axis: { int: 0 } });
  };
  const [w, r] = (["ih", "hh"] as const).map((name) =>
    stacked((direction) => reordered(given[`weight_${name}${direction}`]!)),
  );
  const b = stacked((direction) =>
    graph.op("Concat", [reordered(given[`bias_ih${direction}`]!), reordered(given[`bias_hh${direction}`]!)], {
      axis: { int: 0 },
    }),
  );
  const seen = graph.op("Not", [
    graph.op("Reshape", [hiddenRows(graph, mask), graph.shape("batchSize", -1)]),
  ]);
  const counts = graph.op("ReduceSum", [graph.op("Cast", [seen], { to: { int: INT32 } }), graph.ints(1)], {
    keepdims: { int: 0 },
  });
  const inTime = graph.op("Transpose", [rowsOfTexts(graph, x, width)], { perm: { ints: [1, 0, 2] } });
  const attributes = {
    hidden_size: { int: hiddenSize },
    direction: { text: directions.length === 1 ? "forward" : "bidirectional" },
    ...settings,
  };
  // Its second output is [directions, batch, hiddenSize].
  const states = graph.op(type, [inTime, w, r, b, counts], attributes, 1);
  const ofTexts = graph.op("Transpose", [states], { perm: { ints: [1, 0, 2] } });
  return graph.op("Reshape", [ofTexts, graph.shape(-1, directions.length * hiddenSize)]);
}

const INT32 = 6;
