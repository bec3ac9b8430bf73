import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";

/** Rows of `table` [entries, width] by `ids` [n] (int32): [n, width]. Throws for an id beyond the table, but on WebGPU. */
export function gatherRows(table: tf.Tensor, ids: tf.Tensor1D): tf.Tensor {
  const native = nativeKernels();
  if (!native || table.size === 0 || ids.size === 0) return tf.gather(table, ids);
  return native.run("GatherRows", {}, [table, ids], 1)[0]!;
}
