import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/** Columns start … start + width of `x` [rows, columns]. */
export function columns(pass: Pass, x: Value, start: number, width: number): Value {
  const [rows, all] = x.tensor.shape as [number, number];
  return pass.record(
    tf.slice(x.tensor, [0, start], [rows, width]),
    [x],
    () => [],
    (dy) => [
      tf.pad(dy, [
        [0, 0],
        [start, all - start - width],
      ]),
    ],
    (graph, [x]) => graph.slice(x, 1, start, start + width),
  );
}

/** Values of as many rows each, side by side: [rows, a], [rows, b], … → [rows, a + b + …]. */
export function sideBySide(pass: Pass, values: Value[]): Value {
  const widths = values.map(({ tensor }) => tensor.shape[1]!);
  return pass.record(
    tf.concat(
      values.map(({ tensor }) => tensor),
      1,
    ),
    values,
    () => [],
    (dy) => tf.split(dy, widths, 1).map((part, i) => (pass.tracks(values[i]) ? part : null)),
    (graph, inputs) => graph.op("Concat", inputs, { axis: { int: 1 } }),
  );
}
