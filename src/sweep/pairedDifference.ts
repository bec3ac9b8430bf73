import { least } from "../extremes";
import { Random } from "../random";

/** How far a score lies from another on the same rows, and how sure that is. */
export interface Difference {
  /** Square root of the variance of the resampled differences. */
  standardError: number;
  /** The interval that holds 95 % of the resampled differences: its lower end. */
  low: number;
  /** Its upper end. */
  high: number;
  /** Resamples. */
  draws: number;
}

/**
 * The spread of a difference between two settings, each trained with the same seeds and judged on the same rows. `ours` and `theirs` have
 * for each seed its score on the same resamples of the rows (`bootstrapScores`), so what is hard about a row counts in both and cancels.
 *
 * Seeds are blocks: a draw takes a resample of the rows and, apart from it, of the seeds, each with all its rows (resampling both ways of
 * a table: Owen 2007, "The pigeonhole bootstrap"). As of the rows, of s seeds s - 1 are drawn, since s drawn of s would vary by
 * (s - 1) / s of what s fresh ones do. One seed stays as it is: the difference is then that of two
 * trained models, not of two ways to train.
 *
 * Null where no resample has a score, as rocAuc of one class.
 */
export function pairedDifference(
  ours: readonly Float64Array[],
  theirs: readonly Float64Array[],
): Difference | null {
  const seeds = ours.length;
  const random = new Random(0, "seeds", seeds);
  const draws = least([...ours, ...theirs].map(({ length }) => length));
  const differences = new Float64Array(draws);
  let count = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    const taken = Math.max(1, seeds - 1);
    for (let i = 0; i < taken; i++) {
      const seed = seeds === 1 ? 0 : random.integer(seeds);
      sum += ours[seed][draw] - theirs[seed][draw];
    }
    if (!Number.isNaN(sum)) differences[count++] = sum / taken;
  }
  if (count === 0) return null;
  const known = differences.subarray(0, count).sort();
  const mean = known.reduce((sum, value) => sum + value, 0) / count;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    standardError: Math.sqrt(squares / Math.max(1, count - 1)),
    low: quantile(known, 0.025),
    high: quantile(known, 0.975),
    draws: count,
  };
}

/** Between two values of a sorted list by their distances, as NumPy does. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
