import { load4, store4 } from "./lanes";

/**
 * Adds row r of x [rows, width] to row ids[r] of sums [segments, width], which starts from zeros; ids are int32. Gives -1, or the
 * first row whose id lies outside; then the sums are unfinished.
 */
export function segmentSum(rows: i32, width: usize, segments: usize, x: usize, ids: usize, sums: usize): i32 {
  const bytes = width << 2;
  memory.fill(sums, 0, segments * bytes);
  for (let row = 0; row < rows; row++, x += bytes, ids += 4) {
    const id: usize = load<u32>(ids);
    if (id >= segments) return row;
    const to = sums + id * bytes;
    for (let i: usize = 0; i < width; i += 4) {
      const sum = f32x4.add(load4(to + (i << 2), width - i), load4(x + (i << 2), width - i));
      store4(to + (i << 2), sum, width - i);
    }
  }
  return -1;
}

/** y[r] = table[ids[r]] for each of `rows` rows of table [entries, width]; the answer is segmentSum's. */
export function gatherRows(rows: i32, width: usize, entries: usize, table: usize, ids: usize, y: usize): i32 {
  const bytes = width << 2;
  for (let row = 0; row < rows; row++, y += bytes, ids += 4) {
    const id: usize = load<u32>(ids);
    if (id >= entries) return row;
    memory.copy(y, table + id * bytes, bytes);
  }
  return -1;
}
