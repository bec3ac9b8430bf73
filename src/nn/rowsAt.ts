import type * as tf from "@tensorflow/tfjs-core";
import { gatherRows } from "../ops/gatherRows/gatherRows";
import { segmentSum } from "../ops/segmentSum/segmentSum";
import type { Pass, Value } from "./Pass";

/** The rows of `x` [rows, width] that `places` (int32) counts up: [places, width]. */
export function rowsAt(pass: Pass, x: Value, places: tf.Tensor1D): Value {
  const rows = x.tensor.shape[0];
  return pass.record(
    gatherRows(x.tensor, places),
    [x],
    () => [places],
    (dy, [places]) => [segmentSum(dy, places as tf.Tensor1D, rows)],
  );
}
