import type * as tf from "@tensorflow/tfjs-core";
import { gatherRows } from "../ops/gatherRows/gatherRows";
import { segmentSum } from "../ops/segmentSum/segmentSum";
import type { Pass, Value } from "./Pass";

/** The rows of `x` [rows, width] at `places` (int32): [places, width]. */
export function rowsAt(pass: Pass, x: Value, places: tf.Tensor1D): Value {
  const rows = x.tensor.shape[0];
  return pass.record({
    output: gatherRows(x.tensor, places),
    inputs: { x },
    saved: () => ({ places }),
    backward: (dy, { places }) => ({ x: segmentSum(dy, places, rows) }),
  });
}
