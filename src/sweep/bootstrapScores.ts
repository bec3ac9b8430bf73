import { greatest } from "../extremes";
import { Random } from "../random";
import type { WeightedScore } from "./weightedScore";

/** Resamples, and how many there are at least where rows and classes make them dear. */
export const DRAWS = 10_000;
const FEWEST = 1000;
/** Values that all resamples of a trial go through at most, where that leaves more than the fewest. */
const WORK = 1e8;

/** How many resamples are drawn: 10,000, fewer where rows times classes are many, and never fewer than 1,000. */
export const drawsOf = ({ rows, work }: Pick<WeightedScore, "rows" | "work">): number =>
  Math.max(FEWEST, Math.min(DRAWS, Math.floor(WORK / (rows * (1 + work)))));

/**
 * The bootstrap (Efron 1979): what each of these scores, which are of the same rows, comes to on resamples of them, drawn with
 * replacement. Of n rows n - 1 are drawn, so that a mean varies as that of n fresh rows does (McCarthy and Snowden 1985). The resamples depend on the number of rows alone, so that scores which were computed at different times, as by
 * trials of a sweep that end one after the other, pair up draw by draw (the paired bootstrap: Efron and Tibshirani 1993, §8 and §16).
 */
export function bootstrapScores(scores: readonly WeightedScore[]): Float64Array[] {
  if (scores.length === 0) return [];
  const { rows } = scores[0];
  const draws = scores.map(drawsOf);
  const drawn = draws.map((count) => new Float64Array(count));
  const random = new Random(0, "bootstrap", rows);
  const weights = new Uint32Array(rows);
  const taken = Math.max(1, rows - 1);
  for (let draw = 0; draw < greatest(draws); draw++) {
    weights.fill(0);
    for (let i = 0; i < taken; i++) weights[Math.floor(random.uniform() * rows)]++;
    for (let s = 0; s < scores.length; s++) if (draw < draws[s]) drawn[s][draw] = scores[s].of(weights);
  }
  return drawn;
}
