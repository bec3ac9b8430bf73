// Matrix products in the manner of Goto and van de Geijn (2008): a block of B is packed so that it streams from the second-level
// cache, and C is computed in tiles of 5 rows and 8 columns. V8 loads everything that one turn of a loop reads before it computes, so
// sums and operands have to fit into the sixteen vector registers of SSE and AVX together: on one core 5 x 8 reached 52 GFLOP/s,
// 4 x 8 45, 6 x 8 29, and two steps of 4 x 8 in one turn 31.

/** The longest stretch of the summed dimension and the widest of C's columns that are packed at once. */
const DEPTH: usize = 256;
const COLUMNS: usize = 256;

/** A tile's rows and columns. */
const ROWS: usize = 5;
const PANEL: usize = 8;

const TILE_BYTES: usize = ROWS * PANEL * 4;
const A_BYTES: usize = DEPTH * ROWS * 4;
const B_BYTES: usize = DEPTH * COLUMNS * 4;

/** How many bytes of scratch `gemm` needs. */
export const GEMM_SCRATCH: usize = TILE_BYTES + A_BYTES + B_BYTES;

/**
 * C = A · B for A [m, depth], B [depth, n] and C [m, n] whose elements lie `…Row` bytes apart from row to row and `…Column` from
 * column to column. One of each operand's two strides has to be that of neighbours, 4; C's columns are neighbours.
 */
export function gemm(
  m: usize,
  n: usize,
  depth: usize,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  c: usize,
  cRow: usize,
  scratch: usize,
): void {
  const packedA = scratch + TILE_BYTES;
  const packedB = packedA + A_BYTES;
  if (depth == 0) for (let i: usize = 0; i < m; i++) memory.fill(c + i * cRow, 0, n << 2);
  for (let k: usize = 0; k < depth; k += DEPTH) {
    const stretch = min(DEPTH, depth - k);
    for (let j: usize = 0; j < n; j += COLUMNS) {
      const columns = min(COLUMNS, n - j);
      packB(stretch, columns, b + k * bRow + j * bColumn, bRow, bColumn, packedB);
      for (let i: usize = 0; i < m; i += ROWS) {
        const rows = min(ROWS, m - i);
        let from = a + i * aRow + k * aColumn;
        if (aColumn != 4) {
          packA(stretch, rows, from, aColumn, packedA);
          from = packedA;
        }
        const rowStep = aColumn == 4 ? aRow : 4;
        const columnStep: usize = aColumn == 4 ? 4 : ROWS << 2;
        for (let q: usize = 0; q < columns; q += PANEL) {
          const to = c + i * cRow + ((j + q) << 2);
          const width = min(PANEL, columns - q);
          tile(stretch, from, rowStep, columnStep, packedB + q * stretch * 4, to, cRow, rows, width, k > 0, scratch);
        }
      }
    }
  }
}

/** The rows of one tile from a transposed A, column after column. */
function packA(depth: usize, rows: usize, a: usize, aColumn: usize, to: usize): void {
  for (const end = to + depth * (ROWS << 2); to < end; to += ROWS << 2, a += aColumn)
    if (rows == ROWS) {
      v128.store(to, v128.load(a));
      store<f32>(to, load<f32>(a, 16), 16);
    } else for (let i: usize = 0; i < rows; i++) store<f32>(to + (i << 2), load<f32>(a + (i << 2)));
}

/** B in panels of eight columns, row after row. A last, narrower panel carries anything behind its columns. */
function packB(depth: usize, columns: usize, b: usize, bRow: usize, bColumn: usize, to: usize): void {
  for (let j: usize = 0; j < columns; j += PANEL) {
    const width = min(PANEL, columns - j);
    const from = b + j * bColumn;
    if (bColumn == 4) packRows(depth, width, from, bRow, to);
    else packColumns(depth, width, from, bColumn, to);
    to += depth * PANEL * 4;
  }
}

function packRows(depth: usize, width: usize, b: usize, bRow: usize, to: usize): void {
  for (const end = to + depth * 32; to < end; to += 32, b += bRow)
    if (width == PANEL) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
    } else for (let j: usize = 0; j < width; j++) store<f32>(to + (j << 2), load<f32>(b + (j << 2)));
}

function packColumns(depth: usize, width: usize, b: usize, bColumn: usize, to: usize): void {
  const last = width - 1;
  const b0 = b;
  const b1 = b + min<usize>(1, last) * bColumn;
  const b2 = b + min<usize>(2, last) * bColumn;
  const b3 = b + min<usize>(3, last) * bColumn;
  const b4 = b + min<usize>(4, last) * bColumn;
  const b5 = b + min<usize>(5, last) * bColumn;
  const b6 = b + min<usize>(6, last) * bColumn;
  const b7 = b + last * bColumn;
  const whole = (depth & ~3) << 2;
  let k: usize = 0;
  for (; k < whole; k += 16, to += 128) {
    transpose(b0 + k, b1 + k, b2 + k, b3 + k, to);
    transpose(b4 + k, b5 + k, b6 + k, b7 + k, to + 16);
  }
  for (; k < depth << 2; k += 4, to += 32)
    for (let j: usize = 0; j < width; j++) store<f32>(to + (j << 2), load<f32>(b + j * bColumn + k));
}

/** Four floats from each of four places become four columns, 32 bytes from row to row. */
@inline
function transpose(from0: usize, from1: usize, from2: usize, from3: usize, to: usize): void {
  const x0 = v128.load(from0);
  const x1 = v128.load(from1);
  const x2 = v128.load(from2);
  const x3 = v128.load(from3);
  const a = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const c = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
  v128.store(to, v128.shuffle<f64>(a, b, 1, 3), 32);
  v128.store(to, v128.shuffle<f64>(c, d, 0, 2), 64);
  v128.store(to, v128.shuffle<f64>(c, d, 1, 3), 96);
}

/** Computes `rows` (to 5) by `width` (to 8) elements of C, or adds to them where `more` says that C holds a first part. */
function tile(
  depth: usize,
  a0: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  c: usize,
  cRow: usize,
  rows: usize,
  width: usize,
  more: bool,
  scratch: usize,
): void {
  // Rows beyond the last are computed from the last once more, and not stored.
  let a1 = rows > 1 ? a0 + aRow : a0;
  let a2 = rows > 2 ? a1 + aRow : a1;
  let a3 = rows > 3 ? a2 + aRow : a2;
  let a4 = rows > 4 ? a3 + aRow : a3;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  for (const end = b + depth * 32; b < end; b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a0);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a2);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a3);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a4);
    c40 = f32x4.add(c40, f32x4.mul(x, b0));
    c41 = f32x4.add(c41, f32x4.mul(x, b1));
    a0 += aColumn;
    a1 += aColumn;
    a2 += aColumn;
    a3 += aColumn;
    a4 += aColumn;
  }
  if (width == PANEL) {
    put(c, c00, c01, more);
    if (rows > 1) put(c + cRow, c10, c11, more);
    if (rows > 2) put(c + 2 * cRow, c20, c21, more);
    if (rows > 3) put(c + 3 * cRow, c30, c31, more);
    if (rows > 4) put(c + 4 * cRow, c40, c41, more);
    return;
  }
  put(scratch, c00, c01, false);
  put(scratch + 32, c10, c11, false);
  put(scratch + 64, c20, c21, false);
  put(scratch + 96, c30, c31, false);
  put(scratch + 128, c40, c41, false);
  for (let i: usize = 0; i < rows; i++)
    for (let j: usize = 0; j < width; j++) {
      const to = c + i * cRow + (j << 2);
      const sum = load<f32>(scratch + i * 32 + (j << 2));
      store<f32>(to, more ? load<f32>(to) + sum : sum);
    }
}

@inline
function put(c: usize, low: v128, high: v128, more: bool): void {
  v128.store(c, more ? f32x4.add(v128.load(c), low) : low);
  v128.store(c, more ? f32x4.add(v128.load(c, 16), high) : high, 16);
}
