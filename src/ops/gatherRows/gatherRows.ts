import * as tf from "@tensorflow/tfjs-core";
import { defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { nativeKernel } from "../kernels";

/** Rows of `table` [entries, width] by `ids` [n] (int32): [n, width]. Throws for an id beyond the table, but on WebGPU. */
export const gatherRows = (table: tf.Tensor, ids: tf.Tensor1D): tf.Tensor =>
  gatherRowsOp({ table, ids }).rows;

export const gatherRowsOp = defineOp<{ table: tf.Tensor; ids: tf.Tensor1D }, { rows: tf.Tensor }>({
  name: "gatherRows",
  inputs: { table: "[entries, width]", ids: "[n], int32" },
  outputs: { rows: "[n, width]" },
  precision: null,
  composed: ({ table, ids }) => ({ rows: tf.gather(table, ids) }),
  kernels: [
    nativeKernel({
      unless: ({ table, ids }) =>
        table.size === 0 || ids.size === 0 ? "tables and ids without elements" : null,
      compute: (native, inputs) => ({ rows: native.run("GatherRows", {}, inputs).rows! }),
    }),
  ],
  *examples() {
    for (const [entries, width, ids] of [
      [1, 1, [0]],
      [5, 3, [4, 0, 4, 2]],
      [7, 193, [6, 5, 4, 3, 2, 1, 0, 6]],
      [3, 4, []],
      [40, 20_000, [39, 1, 39]],
    ] as const)
      yield {
        title: `${ids.length} of ${entries} x ${width}`,
        inputs: () => ({ table: drawn("table", entries, width), ids: tf.tensor1d([...ids], "int32") }),
        tolerance: 0,
      };
  },
});
