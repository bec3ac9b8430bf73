import type * as tf from "@tensorflow/tfjs-core";
import { attentionOnnx } from "./attention";
import type { RelativePositions } from "./disentangledAttention";
import type { OnnxForm, OnnxGraph } from "./OnnxGraph";

/**
 * The form of `disentangledAttention`, for texts of any length; none where its positions have none. As there the scores of all
 * relative positions are computed once for each query and key, and sheared to where they belong.
 */
export function disentangledAttentionOnnx(
  { key, query, rowOnnx }: RelativePositions,
  options: { hidden: number; heads: number; parts: number; mask: tf.Tensor },
): OnnxForm | undefined {
  const { hidden, heads, parts } = options;
  const common = { hidden, heads, parts, mask: (graph: OnnxGraph) => graph.given(options.mask) };
  if (!key && !query) return attentionOnnx(common);
  if (!rowOnnx) return undefined;
  return attentionOnnx({
    ...common,
    added(graph, q, k, tables) {
      const [queries, keys] = [q, k].map((x) => graph.size(x, 2));
      const scores = (x: string, table: string, counts: Counts, toDistances: (shifts: string) => string) => {
        const ids = rowOnnx(graph, toDistances(shiftsOnnx(graph, counts)));
        const rows = graph.op("Reshape", [
          graph.op("Gather", [table, ids]),
          graph.shape(-1, heads, hidden / heads),
        ]);
        const turned = graph.op("Transpose", [rows], { perm: { ints: [1, 2, 0] } });
        return shearOnnx(graph, graph.op("MatMul", [x, turned]), heads, counts);
      };
      const ofQueries = () =>
        scores(q, tables[0], { rows: queries, columns: keys }, (shifts) => graph.op("Neg", [shifts]));
      const ofKeys = () => {
        const byKey = scores(k, tables.at(-1)!, { rows: keys, columns: queries }, (shifts) => shifts);
        return graph.op("Transpose", [byKey], { perm: { ints: [0, 1, 3, 2] } });
      };
      return [...(key ? [ofQueries()] : []), ...(query ? [ofKeys()] : [])];
    },
  });
}

/** Names of two sizes, int64 of [1]. */
interface Counts {
  rows: string;
  columns: string;
}

/** The shifts 1 - rows … columns of a column against its row; the last one, which `shearOnnx` needs, is of none. */
function shiftsOnnx(graph: OnnxGraph, { rows, columns }: Counts): string {
  const least = graph.op("Sub", [rows, graph.ints(1)]);
  return graph.op("Sub", [graph.count(graph.op("Add", [rows, columns])), least]);
}

/** From the scores of each shift, [batch, heads, rows, rows + columns], to those of each column. */
function shearOnnx(graph: OnnxGraph, x: string, heads: number, { rows, columns }: Counts): string {
  const flat = graph.op("Reshape", [x, graph.shape("batchSize", heads, -1)]);
  const shorter = graph.slice(flat, 2, graph.op("Sub", [rows, graph.ints(1)]), -1);
  return graph.slice(
    graph.op("Reshape", [shorter, graph.shape("batchSize", heads, rows, -1)]),
    3,
    0,
    columns,
  );
}
