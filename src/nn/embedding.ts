import * as tf from "@tensorflow/tfjs-core";
import { firstRowsGradient } from "../ops/firstRowsGradient/firstRowsGradient";
import { gatherRows } from "../ops/gatherRows/gatherRows";
import { segmentSum } from "../ops/segmentSum/segmentSum";
import type { OnnxForm } from "./OnnxGraph";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";
import { rowsOfTexts } from "./rowsOnnx";

/**
 * Looks up rows of `table` [entries, width] by `ids` [rows] (int32): [rows, width]. Of a table that is unread and gets no gradient,
 * those rows alone are read, each time anew.
 */
export function embedding(pass: Pass, ids: tf.Tensor1D, table: Parameter): Value {
  const { stored } = table;
  return pass.record(
    stored?.byRows && !pass.tracks(table) ? stored.rows(ids) : gatherRows(table.value, ids),
    [table],
    () => [ids],
    (dy, [ids]) => [segmentSum(dy, ids as tf.Tensor1D, table.shape[0])],
    (graph, [table]) => graph.op("Gather", [table, graph.given(ids)]),
  );
}

/**
 * The first `count` rows of each of `batchSize` equally long runs of rows, or all where there are fewer, as the [CLS] row of each
 * text: [batch · n, width] → [batch · count, width].
 */
export function firstRows(pass: Pass, x: Value, batchSize: number, count = 1): Value {
  const width = x.tensor.shape[1]!;
  const length = x.tensor.shape[0] / batchSize;
  if (length === 1) return x;
  const onnx: OnnxForm = (graph, [x]) => {
    const first = graph.slice(rowsOfTexts(graph, x, width), 1, 0, count);
    return graph.op("Reshape", [first, graph.shape(-1, width)]);
  };
  if (length <= count)
    return pass.record(
      x.tensor,
      [x],
      () => [],
      (dy) => [dy.clone()],
      onnx,
    );
  const y = tf.tidy(() =>
    tf.reshape(
      tf.slice(tf.reshape(x.tensor, [batchSize, length, width]), [0, 0, 0], [batchSize, count, width]),
      [batchSize * count, width],
    ),
  );
  return pass.record(
    y,
    [x],
    () => [],
    (dy, _, gathered) => [firstRowsGradient(dy, batchSize, length, gathered(0))],
    onnx,
  );
}
