import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { nativeKernel } from "../kernels";

interface Inputs {
  dy: tf.Tensor;
  batch: number;
  length: number;
  add: tf.Tensor | null;
}

/**
 * The gradient of taking the first rows of each of `batch` runs of `length` rows: `dy` [batch · n, width] stands at the head of each run,
 * zeros behind it; `add` [batch · length, width] is added. Gives [batch · length, width].
 */
export const firstRowsGradient = (
  dy: tf.Tensor,
  batch: number,
  length: number,
  add: tf.Tensor | null,
): tf.Tensor => firstRowsGradientOp({ dy, batch, length, add }).dx;

export const firstRowsGradientOp = defineOp<Inputs, { dx: tf.Tensor }>({
  name: "firstRowsGradient",
  inputs: {
    dy: "[batch · n, width]",
    batch: "whole",
    length: "whole",
    add: "[batch · length, width] or null",
  },
  outputs: { dx: "[batch · length, width]" },
  precision: null,
  composed({ dy, batch, length, add }) {
    const [rows, width] = [dy.shape[0] / batch, dy.shape[1]!];
    const padded = tf.pad(tf.reshape(dy, [batch, rows, width]), [
      [0, 0],
      [0, length - rows],
      [0, 0],
    ]);
    const dx = tf.reshape(padded, [batch * length, width]);
    return { dx: add ? tf.add(dx, add) : dx };
  },
  kernels: [
    nativeKernel({
      unless: ({ dy }) => (dy.size === 0 ? "gradients without elements" : null),
      compute: (native, { dy, batch, length, add }) => ({
        dx: native.run("FirstRowsGrad", {}, { dy, add, sizes: Int32Array.of(batch, length) }).dx!,
      }),
    }),
  ],
  *examples() {
    for (const [batch, length, count, width] of [
      [1, 1, 1, 1],
      [3, 5, 1, 4],
      [2, 7, 3, 193],
      [2, 3, 3, 5],
    ])
      for (const added of [false, true])
        yield {
          title: `${count} of ${length} rows, ${batch} x ${width}${added ? ", added" : ""}`,
          inputs: () => ({
            dy: drawn("dy", batch * count, width),
            batch,
            length,
            add: added ? drawn("add", batch * length, width) : null,
          }),
          tolerance: 0,
        };
  },
});
