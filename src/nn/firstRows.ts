import { firstRowsGradient } from "../ops/firstRowsGradient/firstRowsGradient";
import * as ops from "../ops/rows/firstRows";
import type { Pass, Value } from "./Pass";

/** The first of each of `batchSize` equally long runs of rows, as the [CLS] row of each text: [batch · n, width] → [batch, width]. */
export function firstRows(pass: Pass, x: Value, batchSize: number): Value {
  const width = x.tensor.shape[1]!;
  const length = x.tensor.shape[0] / batchSize;
  if (length === 1) return x;
  return pass.record({
    op: "firstRows",
    settings: { width },
    output: ops.firstRows(x.tensor, batchSize, 1),
    inputs: { x },
    backward: (dy, _, __, gathered) => ({ x: firstRowsGradient(dy, batchSize, length, gathered("x")) }),
  });
}
