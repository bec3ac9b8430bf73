/** A batch's rows in as few parts of at most so many rows as there can be, of about one size; the batch itself where it is no larger. */
export function cutBatch(batch: Int32Array, rows: number): Int32Array[] {
  const parts = Math.ceil(batch.length / rows);
  if (parts <= 1) return [batch];
  const bounds = Array.from({ length: parts + 1 }, (_, i) => Math.ceil((i * batch.length) / parts));
  return bounds.slice(1).map((end, i) => batch.subarray(bounds[i], end));
}
