import type { Ridge } from "./ridge";

/** What a fit says of rows of features: [rows, targets]. */
export function fittedValues({ weights, bias }: Ridge, features: ArrayLike<number>): Float32Array {
  const targets = bias.length;
  const width = weights.length / targets;
  const rows = features.length / width;
  const values = new Float32Array(rows * targets);
  const sums = new Float64Array(targets);
  for (let r = 0; r < rows; r++) {
    sums.set(bias);
    for (let i = 0; i < width; i++) {
      const x = features[r * width + i];
      for (let t = 0; t < targets; t++) sums[t] += x * weights[i * targets + t];
    }
    values.set(sums, r * targets);
  }
  return values;
}
