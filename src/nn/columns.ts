import * as tf from "@tensorflow/tfjs-core";
import type { Pass, Value } from "./Pass";

/** Columns start … start + width of `x` [rows, columns]. */
export function columns(pass: Pass, x: Value, start: number, width: number): Value {
  const [rows, all] = x.tensor.shape as [number, number];
  return pass.record({
    op: "slice",
    settings: { axis: 1, start, end: start + width },
    output: tf.slice(x.tensor, [0, start], [rows, width]),
    inputs: { x },
    backward: (dy) => ({
      x: tf.pad(dy, [
        [0, 0],
        [start, all - start - width],
      ]),
    }),
  });
}

/** Two values of as many rows: [rows, a], [rows, b] → [rows, a + b]. */
export function sideBySide(pass: Pass, left: Value, right: Value): Value {
  const widths = [left, right].map(({ tensor }) => tensor.shape[1]!);
  return pass.record({
    op: "sideBySide",
    output: tf.concat([left.tensor, right.tensor], 1),
    inputs: { left, right },
    backward(dy, _, wanted) {
      const [ofLeft, ofRight] = tf.split(dy, widths, 1);
      return { left: wanted.left ? ofLeft : null, right: wanted.right ? ofRight : null };
    },
  });
}
