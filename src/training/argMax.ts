/** Where the largest of `count` values from `start` stands, counted from `start`. */
export function argMax(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
