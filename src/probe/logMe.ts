import type { Sums } from "../fit/Moments";
import { rankOf } from "../fit/rankOf";
import { symmetricEigen } from "../fit/symmetricEigen";

/** As in the authors' code: keeps precisions finite where a target is fitted without rest. */
const EPSILON = 1e-5;
/** Steps end where the ratio of the precisions changes by less than this share, as a rule after two or three. */
const TOLERANCE = 1e-3;
const MOST_STEPS = 100;
/** Ratios of the precisions that steps start from besides the authors' 1, as shares of the mean eigenvalue. */
const STARTS = [1e-2, 1e-4, 1e-6, 1e-8];

/**
 * LogME (You et al., ICML 2021): the logarithm of the largest evidence that a Bayesian linear model of the features gives each
 * target, per row, averaged over the targets. The higher, the better a linear model explains the targets; it can be negative. The
 * precisions of weights and noise are found by the fixed-point iteration of You et al., JMLR 2022, from several starts: from the
 * authors' own it stays at a lower peak where features hardly vary beside their mean, as a first token's after few blocks. Targets
 * that are zero in all rows, as classes without any, are left out.
 */
export function logMe(sums: Sums): number {
  const { rows, width, targets, products, withTargets, targetSquares } = sums;
  const { values, rotated } = symmetricEigen(products, withTargets, width);
  const isSeen = rankOf(values);
  const seen = Array.from(values.keys()).filter((i) => isSeen(values[i]));
  const sigma = Float64Array.from(seen, (i) => values[i]);
  const mean = sigma.reduce((a, b) => a + b, 0) / width;
  const starts = [1, ...STARTS.map((share) => share * mean)];
  const evidences: number[] = [];
  for (let t = 0; t < targets; t++) {
    if (targetSquares[t] === 0) continue;
    const squares = Float64Array.from(seen, (i) => rotated[i * targets + t] ** 2 / values[i]);
    const unreached = Math.max(0, targetSquares[t] - squares.reduce((a, b) => a + b, 0));
    const peaks = starts.map((start) => evidence(start, sigma, squares, unreached, rows, width));
    evidences.push(Math.max(...peaks));
  }
  return evidences.reduce((a, b) => a + b, 0) / evidences.length;
}

/**
 * Of one target, per row, at the peak that a ratio leads to: `sigma` are the eigenvalues of XᵀX above zero, `squares` the squared coordinates of the target along the
 * left singular vectors, `unreached` what of its square no weights reach.
 */
function evidence(
  start: number,
  sigma: Float64Array,
  squares: Float64Array,
  unreached: number,
  rows: number,
  width: number,
): number {
  let [alpha, beta] = [start, 1];
  let [weights, rest] = [0, 0];
  for (let step = 0; step < MOST_STEPS; step++) {
    const ratio = alpha / beta;
    let freedom = 0;
    [weights, rest] = [0, unreached];
    sigma.forEach((value, i) => {
      freedom += value / (value + ratio);
      weights += (value * squares[i]) / (value + ratio) ** 2;
      rest += squares[i] * (ratio / (value + ratio)) ** 2;
    });
    alpha = freedom / (weights + EPSILON);
    beta = (rows - freedom) / (rest + EPSILON);
    if (Math.abs(alpha / beta - ratio) <= TOLERANCE * ratio) break;
  }
  // Directions that no row has keep the weights' own precision.
  let logs = (width - sigma.length) * Math.log(alpha);
  for (const value of sigma) logs += Math.log(alpha + beta * value);
  const fit = width * Math.log(alpha) + rows * Math.log(beta) - logs - beta * rest - alpha * weights;
  return (fit - rows * Math.log(2 * Math.PI)) / (2 * rows);
}
