import type * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";
import { placeInFile } from "./readFloats";

/**
 * Rows of a float32 table [entries, width] that lies in an open file from `position` on (bytes), as a tensor [ids, width]: each row is
 * read once, by several threads. Null on engines that cannot. Throws for an id beyond the table, and when the file ends early.
 */
export function readRows(
  descriptor: number,
  position: number,
  table: number[],
  ids: tf.Tensor1D,
): tf.Tensor | null {
  const native = nativeKernels();
  if (!native || table.includes(0) || ids.size === 0) return null;
  const inputs = { place: placeInFile(descriptor, position), ids, table: Int32Array.from(table) };
  return native.run("ReadRows", {}, inputs).rows;
}
