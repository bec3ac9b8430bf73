import * as tf from "@tensorflow/tfjs-core";
import { firstRowsGradient } from "../ops/firstRowsGradient/firstRowsGradient";
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

/**
 * The first `count` rows of each of `batchSize` equally long runs of rows, or all where there are fewer, as the [CLS] row of each
 * text: [batch · n, width] → [batch · count, width].
 */
export function firstRows(pass: Pass, x: Value, batchSize: number, count = 1): Value {
  const width = x.tensor.shape[1]!;
  const length = x.tensor.shape[0] / batchSize;
  if (length === 1) return x;
  const described = { op: "firstRows", settings: { width, count }, inputs: { x } } as const;
  if (length <= count)
    return pass.record({ ...described, output: x.tensor, backward: (dy) => ({ x: dy.clone() }) });
  const y = tf.tidy(() =>
    tf.reshape(
      tf.slice(tf.reshape(x.tensor, [batchSize, length, width]), [0, 0, 0], [batchSize, count, width]),
      [batchSize * count, width],
    ),
  );
  return pass.record({
    ...described,
    output: y,
    backward: (dy, _, __, gathered) => ({ x: firstRowsGradient(dy, batchSize, length, gathered("x")) }),
  });
}
