import { attention, type WrittenAttention } from "../attention/onnx";
import type { OnnxGraph } from "../OnnxGraph";

export interface Written extends WrittenAttention {
  parts: number;
  /** Tables of relative positions, [entries, hidden], that queries and keys are multiplied by. */
  positionKey?: string;
  positionQuery?: string;
  /** The row of both that stands for a query so many places behind a key. */
  row(distance: number): number;
}

/**
 * For texts of any length. The scores of all relative positions are computed once for each query and key, and sheared to where they
 * belong.
 */
export const disentangledAttention = (
  graph: OnnxGraph,
  { positionKey, positionQuery, row, ...attended }: Written,
): string =>
  attention(graph, attended, (query, key) => {
    const { hidden, heads } = attended;
    const none = positionKey === undefined && positionQuery === undefined;
    const [queries, keys] = none ? [] : [query, key].map((x) => graph.size(x, 2));
    const scores = (x: string, table: string, counts: Counts, toDistances: (shifts: string) => string) => {
      const ids = tabulated(graph, toDistances(shifts(graph, counts)), row);
      const rows = graph.op("Reshape", [
        graph.op("Gather", [table, ids]),
        graph.shape(-1, heads, hidden / heads),
      ]);
      const turned = graph.op("Transpose", [rows], { perm: { ints: [1, 2, 0] } });
      return shear(graph, graph.op("MatMul", [x, turned]), heads, counts);
    };
    const made: string[] = [];
    if (positionKey !== undefined) {
      const counts = { rows: queries, columns: keys };
      made.push(scores(query, positionKey, counts, (shifts) => graph.op("Neg", [shifts])));
    }
    if (positionQuery !== undefined) {
      const counts = { rows: keys, columns: queries };
      const byKey = scores(key, positionQuery, counts, (shifts) => shifts);
      made.push(graph.op("Transpose", [byKey], { perm: { ints: [0, 1, 3, 2] } }));
    }
    return made;
  });

/** Names of two sizes, int64 of [1]. */
interface Counts {
  rows: string;
  columns: string;
}

/** The shifts 1 - rows … columns of a column against its row; the last one, which `shear` needs, is of none. */
function shifts(graph: OnnxGraph, { rows, columns }: Counts): string {
  const least = graph.op("Sub", [rows, graph.ints(1)]);
  return graph.op("Sub", [graph.count(graph.op("Add", [rows, columns])), least]);
}

/** From the scores of each shift, [batch, heads, rows, rows + columns], to those of each column. */
function shear(graph: OnnxGraph, x: string, heads: number, { rows, columns }: Counts): string {
  const flat = graph.op("Reshape", [x, graph.shape("batchSize", heads, -1)]);
  const shorter = graph.slice(flat, 2, graph.op("Sub", [rows, graph.ints(1)]), -1);
  return graph.slice(
    graph.op("Reshape", [shorter, graph.shape("batchSize", heads, rows, -1)]),
    3,
    0,
    columns,
  );
}

/** f of each distance, where it stays the same beyond some distance to both sides: read from a table, since logarithms are not exact. */
function tabulated(graph: OnnxGraph, distances: string, f: (distance: number) => number): string {
  const FAR = 2 ** 30;
  let most = 0;
  while (f(most) !== f(FAR) || f(-most) !== f(-FAR)) most++;
  const table = graph.ints(...Array.from({ length: 2 * most + 1 }, (_, i) => f(i - most)));
  const clipped = graph.op("Clip", [distances, graph.int(-most), graph.int(most)]);
  return graph.op("Gather", [table, graph.op("Add", [clipped, graph.int(most)])]);
}
