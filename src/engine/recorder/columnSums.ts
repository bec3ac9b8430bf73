import type { Graph, Input } from "./Graph";
import { product } from "./kernels/products";
import type { Value } from "./Value";

/** Sums over the rows of a matrix, [columns]. ONNX Runtime takes half the time for a product with ones. */
export function columnSums(g: Graph, x: Input): Value {
  const [rows, columns] = g.value(x).shape;
  // On a GPU a product may be rounded as a sum is not.
  if (g.recorder.device || rows * columns === 0) return g.reduce("ReduceSum", x, [0], false);
  const ones = g.recorder.shared(`ones ${rows}`, () => g.filled("float32", [1, rows], 1));
  return g.reshape(product(g, ones, x, false, false), [columns]);
}
