import { load4, store4 } from "./lanes";

/** The sum of the squares of `size` elements, added up in doubles. */
export function sumOfSquares(size: usize, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < size; i += 4) {
    const u = load4(x + (i << 2), size - i);
    const first = f64x2.promote_low_f32x4(u);
    const second = f64x2.promote_low_f32x4(v128.shuffle<f32>(u, u, 2, 3, 0, 1));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  const both = f64x2.add(low, high);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}

/** sums [width] = Σ over the rows of x [rows, width]. */
export function sumRows(rows: usize, width: usize, x: usize, sums: usize): void {
  memory.fill(sums, 0, width << 2);
  for (let row: usize = 0; row < rows; row++, x += width << 2)
    for (let i: usize = 0; i < width; i += 4) {
      const to = sums + (i << 2);
      store4(to, f32x4.add(load4(to, width - i), load4(x + (i << 2), width - i)), width - i);
    }
}
