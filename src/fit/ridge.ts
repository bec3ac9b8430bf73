import type { Moments, Sums } from "./Moments";
import { rankOf } from "./rankOf";
import { symmetricEigen } from "./symmetricEigen";

/** A linear fit of the targets. */
export interface Ridge {
  /** [width, targets] */
  weights: Float64Array;
  /** [targets] */
  bias: Float64Array;
  /** What the squares of the weights count for beside those of the errors. */
  strength: number;
  /** Effective degrees of freedom: the trace of the matrix that makes fitted values of targets, the bias included. */
  freedom: number;
}

/** Strengths that are tried, the strongest first, as multiples of the features' mean eigenvalue: 100 to a millionth. */
const STRENGTHS = Array.from({ length: 17 }, (_, i) => 10 ** (2 - i / 2));

/**
 * Ridge regression with a bias that costs nothing. Its strength is that of the least generalised cross-validation (Golub, Heath and
 * Wahba 1979), which stands for leaving out one row after the other; the errors of all targets count together.
 */
export function ridge(moments: Moments): Ridge {
  const { width, targets, rows } = moments;
  const centred = moments.centred();
  const eigen = symmetricEigen(centred.products, centred.withTargets, width);
  // Features that never change have no eigenvalue above zero, and any strength will do.
  const mean = trace(centred) / width || 1;
  const isSeen = rankOf(eigen.values);
  const seen = Array.from(eigen.values.keys()).filter((i) => isSeen(eigen.values[i]));
  // Squares of the targets along each direction of the features, and what lies along none.
  const squares = seen.map((i) => {
    let sum = 0;
    for (let t = 0; t < targets; t++) sum += eigen.rotated[i * targets + t] ** 2;
    return sum / eigen.values[i];
  });
  const total = centred.targetSquares.reduce((a, b) => a + b, 0);
  const unreached = Math.max(0, total - squares.reduce((a, b) => a + b, 0));
  let best = { strength: STRENGTHS[0] * mean, freedom: rows, score: Number.POSITIVE_INFINITY };
  for (const share of STRENGTHS) {
    const strength = share * mean;
    // The bias is one degree of freedom.
    let [rest, freedom] = [unreached, 1];
    seen.forEach((i, s) => {
      const value = eigen.values[i];
      rest += squares[s] * (strength / (value + strength)) ** 2;
      freedom += value / (value + strength);
    });
    const score = freedom < rows ? rest / (rows - freedom) ** 2 : Number.POSITIVE_INFINITY;
    if (score < best.score) best = { strength, freedom, score };
  }
  const weights = solve(centred.products, centred.withTargets, width, best.strength);
  const { means } = moments;
  const bias = Float64Array.from(moments.targetSums, (sum, t) => {
    let fitted = 0;
    for (let i = 0; i < width; i++) fitted += weights[i * targets + t] * means[i];
    return sum / rows - fitted;
  });
  return { weights, bias, strength: best.strength, freedom: best.freedom };
}

function trace({ products, width }: Sums): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += products[i * width + i];
  return sum;
}

/** Solves (A + strength · I) X = B by Cholesky's factor, with the lower half of A [n, n] and B [n, columns]. */
function solve(a: Float64Array, b: Float64Array, n: number, strength: number): Float64Array {
  const columns = b.length / n;
  const factor = a.slice();
  const x = b.slice();
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * n + j] + (i === j ? strength : 0);
      for (let k = 0; k < j; k++) sum -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i === j ? Math.sqrt(sum) : sum / factor[j * n + j];
    }
  for (let i = 0; i < n; i++)
    for (let c = 0; c < columns; c++) {
      let sum = x[i * columns + c];
      for (let k = 0; k < i; k++) sum -= factor[i * n + k] * x[k * columns + c];
      x[i * columns + c] = sum / factor[i * n + i];
    }
  for (let i = n - 1; i >= 0; i--)
    for (let c = 0; c < columns; c++) {
      let sum = x[i * columns + c];
      for (let k = i + 1; k < n; k++) sum -= factor[k * n + i] * x[k * columns + c];
      x[i * columns + c] = sum / factor[i * n + i];
    }
  return x;
}
