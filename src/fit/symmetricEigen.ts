/** The eigenvalues of a symmetric matrix A, and what its eigenvectors V make of another: VᵀB, a row for each eigenvalue. */
export interface Eigen {
  values: Float64Array;
  /** [n, columns] */
  rotated: Float64Array;
}

/**
 * Eigenvalues of `matrix` [n, n], of which the lower half is read, in no order, and Vᵀ`right`, with `right` [n, columns]. The
 * eigenvectors themselves are never made, which is most of the work where columns are few.
 *
 * Householder reflections to a tridiagonal matrix, then QL with implicit shifts (Golub and Van Loan, Matrix Computations, §8.3).
 */
export function symmetricEigen(matrix: Float64Array, right: Float64Array, n: number): Eigen {
  const rotated = right.slice();
  const { diagonal, beside } = tridiagonal(matrix.slice(), rotated, n);
  toDiagonal(diagonal, beside, rotated);
  return { values: diagonal, rotated };
}

/** Reflects `a` to a tridiagonal matrix in place, and `b` along with it. */
function tridiagonal(a: Float64Array, b: Float64Array, n: number) {
  const columns = b.length / n;
  const [diagonal, beside] = [new Float64Array(n), new Float64Array(n)];
  const [v, p] = [new Float64Array(n), new Float64Array(n)];
  const dots = new Float64Array(columns);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k];
    if (k === n - 1) break;
    let below = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k];
      below += v[i] * v[i];
    }
    const first = v[k + 1];
    const norm = Math.sqrt(below);
    beside[k] = first > 0 ? -norm : norm;
    // 2 / vᵀv for the v that maps the column onto its first element.
    const scale = norm * (norm + Math.abs(first));
    if (scale === 0) continue;
    v[k + 1] = first - beside[k];
    p.fill(0, k + 1);
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      let sum = a[row + i] * v[i];
      for (let j = k + 1; j < i; j++) {
        sum += a[row + j] * v[j];
        p[j] += a[row + j] * v[i];
      }
      p[i] += sum;
    }
    let overlap = 0;
    for (let i = k + 1; i < n; i++) {
      p[i] /= scale;
      overlap += p[i] * v[i];
    }
    for (let i = k + 1; i < n; i++) p[i] -= (overlap / (2 * scale)) * v[i];
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      for (let j = k + 1; j <= i; j++) a[row + j] -= v[i] * p[j] + p[i] * v[j];
    }
    dots.fill(0);
    for (let i = k + 1; i < n; i++) for (let c = 0; c < columns; c++) dots[c] += v[i] * b[i * columns + c];
    for (let i = k + 1; i < n; i++)
      for (let c = 0; c < columns; c++) b[i * columns + c] -= (v[i] * dots[c]) / scale;
  }
  return { diagonal, beside };
}

/** No matrix of numbers has been seen to need more than a few steps for an eigenvalue. */
const MOST_STEPS = 60;

/** Turns a tridiagonal matrix to a diagonal one in place, and `b` along with it. */
function toDiagonal(d: Float64Array, e: Float64Array, b: Float64Array): void {
  const n = d.length;
  const columns = b.length / n;
  for (let l = 0; l < n; l++)
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (step === MOST_STEPS) throw new Error("symmetricEigen: the eigenvalues have not converged");
      const half = (d[l + 1] - d[l]) / (2 * e[l]);
      const root = Math.hypot(half, 1);
      let g = d[m] - d[l] + e[l] / (half + (half < 0 ? -root : root));
      let [sine, cosine, shift] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = sine * e[i];
        const across = cosine * e[i];
        const length = Math.hypot(f, g);
        e[i + 1] = length;
        if (length === 0) {
          d[i + 1] -= shift;
          e[m] = 0;
          break;
        }
        sine = f / length;
        cosine = g / length;
        g = d[i + 1] - shift;
        const turned = (d[i] - g) * sine + 2 * cosine * across;
        shift = sine * turned;
        d[i + 1] = g + shift;
        g = cosine * turned - across;
        const [upper, lower] = [i * columns, (i + 1) * columns];
        for (let c = 0; c < columns; c++) {
          const [x, y] = [b[upper + c], b[lower + c]];
          b[lower + c] = sine * x + cosine * y;
          b[upper + c] = cosine * x - sine * y;
        }
      }
      if (i >= l) continue;
      d[l] -= shift;
      e[l] = g;
      e[m] = 0;
    }
}
