import * as tf from "@tensorflow/tfjs-core";
import { firstRowsGradient } from "../ops/firstRowsGradient/firstRowsGradient";
import type { Pass, Value } from "./Pass";

/** The first of each of `batchSize` equally long runs of rows, as the [CLS] row of each text: [batch · n, width] → [batch, width]. */
export function firstRows(pass: Pass, x: Value, batchSize: number): Value {
  const width = x.tensor.shape[1]!;
  const length = x.tensor.shape[0] / batchSize;
  if (length === 1) return x;
  return pass.record({
    op: "firstRows",
    settings: { width },
    output: tf.tidy(() =>
      tf.reshape(
        tf.slice(tf.reshape(x.tensor, [batchSize, length, width]), [0, 0, 0], [batchSize, 1, width]),
        [batchSize, width],
      ),
    ),
    inputs: { x },
    backward: (dy, _, __, gathered) => ({ x: firstRowsGradient(dy, batchSize, length, gathered("x")) }),
  });
}
