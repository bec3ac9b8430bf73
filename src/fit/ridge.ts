import type { Moments, Sums } from "./Moments";
import { rankOf } from "./rankOf";
import { symmetricEigen } from "./symmetricEigen";

/** A linear fit of the targets. */
export interface Ridge {
  /** [width, targets] */
  weights: Float64Array;
  /** [targets] */
  bias: Float64Array;
  /** What the squares of the weights, in units of the features' root mean squares where there is noise, count for beside those of the errors. */
  strength: number;
  /** Effective degrees of freedom: the trace of the matrix that makes fitted values of targets, the bias included. */
  freedom: number;
}

/** Strengths that are tried, the strongest first, as multiples of the features' mean eigenvalue: 100 to a millionth. */
const STRENGTHS = Array.from({ length: 17 }, (_, i) => 10 ** (2 - i / 2));
/** The same as multiples of the noise's own: 10,000 to one. */
const ABOVE_NOISE = Array.from({ length: 17 }, (_, i) => 10 ** (4 - i / 4));

/**
 * Ridge regression with a bias that costs nothing. Its strength is that of the least generalised cross-validation (Golub, Heath and
 * Wahba 1979), which stands for leaving out one row after the other; the errors of all targets count together.
 *
 * `noise` is the variance that dropout of the features adds to each, as a share of its mean square: p / (1 - p). Over all draws of it the
 * squared error is then larger by that share of the sum of its squares for each feature's weight (Wager, Wang and Liang 2013), so
 * weights are penalised in these units, and at least as much.
 */
export function ridge(moments: Moments, noise = 0): Ridge {
  const { width, targets, rows, means } = moments;
  const centred = moments.centred();
  const units = new Float64Array(width).fill(1);
  if (noise > 0) {
    for (let i = 0; i < width; i++) {
      const square = centred.products[i * width + i] / rows + means[i] ** 2;
      units[i] = square > 0 ? 1 / Math.sqrt(square) : 0;
    }
    scale(centred, units);
  }
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
  const strengths =
    noise > 0 ? ABOVE_NOISE.map((share) => share * noise * rows) : STRENGTHS.map((share) => share * mean);
  let best = { strength: strengths[0], freedom: rows, score: Number.POSITIVE_INFINITY };
  for (const strength of strengths) {
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
  for (let i = 0; i < weights.length; i++) weights[i] *= units[Math.floor(i / targets)];
  const bias = Float64Array.from(moments.targetSums, (sum, t) => {
    let fitted = 0;
    for (let i = 0; i < width; i++) fitted += weights[i * targets + t] * means[i];
    return sum / rows - fitted;
  });
  return { weights, bias, strength: best.strength, freedom: best.freedom };
}

/** Multiplies each feature by its unit. */
function scale({ products, withTargets, width, targets }: Sums, units: Float64Array): void {
  for (let i = 0; i < products.length; i++) products[i] *= units[Math.floor(i / width)] * units[i % width];
  for (let i = 0; i < withTargets.length; i++) withTargets[i] *= units[Math.floor(i / targets)];
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
