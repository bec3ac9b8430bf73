import { GEMM_SCRATCH, gemm } from "./gemm";

export function matMulScratch(): usize {
  return GEMM_SCRATCH;
}

/** `batch` products A · B one behind the other: A [m, depth] or, transposed, [depth, m]; B [depth, n] or [n, depth]; C [m, n]. */
export function matMul(
  batch: usize,
  m: usize,
  n: usize,
  depth: usize,
  a: usize,
  transposeA: bool,
  b: usize,
  transposeB: bool,
  c: usize,
  scratch: usize,
): void {
  const aRow: usize = transposeA ? 4 : depth << 2;
  const aColumn: usize = transposeA ? m << 2 : 4;
  const bRow: usize = transposeB ? 4 : n << 2;
  const bColumn: usize = transposeB ? depth << 2 : 4;
  for (let i: usize = 0; i < batch; i++) {
    gemm(m, n, depth, a, aRow, aColumn, b, bRow, bColumn, c, n << 2, scratch);
    a += (m * depth) << 2;
    b += (depth * n) << 2;
    c += (m * n) << 2;
  }
}
