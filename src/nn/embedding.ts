import type * as tf from "@tensorflow/tfjs-core";
import { gatherRows } from "../ops/gatherRows/gatherRows";
import { segmentSum } from "../ops/segmentSum/segmentSum";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/**
 * Looks up rows of `table` [entries, width] by `ids` [rows] (int32): [rows, width]. Of a table that is unread and gets no gradient,
 * those rows alone are read, each time anew.
 */
export function embedding(pass: Pass, ids: tf.Tensor1D, table: Parameter): Value {
  const { stored } = table;
  return pass.record({
    op: "gatherRows",
    output: stored?.byRows && !pass.tracks(table) ? stored.rows(ids) : gatherRows(table.value, ids),
    inputs: { table, ids },
    saved: () => ({ ids }),
    backward: (dy, { ids }) => ({ table: segmentSum(dy, ids, table.shape[0]) }),
  });
}
