import { InputError } from "../errors";
import { formatMany, formatScore } from "../text/numbers";
import { isLowerBetter } from "../training/isLowerBetter";
import { sayAgainstNone } from "./againstNone";
import { bestDepth } from "./bestDepth";
import type { DepthDifference } from "./compareDepths";
import { sayRates } from "./sayRates";
import { sayUndertrained } from "./sayUndertrained";
import type { DepthSummary } from "./summarize";
import { titleAtRate } from "./titleAtRate";

/** Which depth to take, and why. */
export interface Recommendation {
  /** The deepest freeze that holds its own against the best one. */
  n: number;
  /** That of the depth: "freeze", or a recipe's name. */
  strategy: string;
  /** The rate at which it scored so; null where records do not say. */
  learningRate: number | null;
  /** Its mean score. */
  mean: number;
  /** The depth with the best mean score, that score, and the standard error it is known to (null: unknown). */
  best: number;
  /** Mean score of the best depth. */
  bestMean: number;
  /** Of the best mean; null where it is unknown. */
  standardError: number | null;
  /** Whether depths were compared row by row, by what lies beside the records. */
  paired: boolean;
  /** The recommended depth's to the best one; null where it is the best, or depths were not compared row by row. */
  difference: DepthDifference | null;
  /** What is judged by. */
  metric: string;
  /** The same in words, for a console or a caption. */
  sentence: string;
  /** What it keeps and saves of fine-tuning everything, in words; null where N = none was not tried, or is the recommended one. */
  comparison: string | null;
  /** Why depths were not compared row by row though some records have predictions beside them, in one line; null where nothing is amiss. */
  note: string | null;
}

/**
 * The one standard error rule (Breiman, Friedman, Olshen and Stone 1984, §3.4.3) with depth for simplicity: the deepest
 * freeze whose mean score is no further from the best than the standard error of their difference on the same rows. Where the rows' own
 * predictions are not known, the standard error of the best score stands in for it, and without one only a tie goes deeper. Each depth is
 * judged at the best of the learning rates that it was tried at. Of two strategies at the same depth the better one is taken. Recipes have
 * no depth to compare by: where there are depths, they are only named.
 */
export function oneStandardErrorRule(all: DepthSummary[]): Recommendation {
  const { byDepth, best } = bestDepth(all);
  if (!best)
    throw new InputError("records: expected at least one, got none; has the sweep ended a trial yet?");
  const { metric } = best;
  const sign = isLowerBetter(metric) ? -1 : 1;
  const gain = (from: DepthSummary, to: DepthSummary) => sign * (to.score.mean - from.score.mean);
  const others = byDepth.filter((row) => row !== best);
  const paired = others.length > 0 && !best.difference && others.every(({ difference }) => difference);
  const margin = best.score.standardError ?? 0;
  const isNear = (row: DepthSummary) =>
    paired && row !== best
      ? -sign * row.difference!.mean <= marginOf(row.difference!) + rounding
      : gain(row, best) <= margin + rounding;
  const chosen = byDepth.find(isNear) as DepthSummary;
  const several = byDepth.some((row) => row.strategy !== chosen.strategy);
  const name = (row: DepthSummary) => titleAtRate(row) + (several && !row.recipe ? ` (${row.strategy})` : "");
  const said = [
    (paired ? sayPaired : say)(chosen, best, byDepth, name),
    sayTries(byDepth),
    sayUndertrained(
      all.filter((row) => byDepth.includes(row)),
      chosen,
      name,
    ),
    ...(best.recipe ? [] : [sayRecipes(all, gain)]),
  ];
  return {
    n: chosen.n,
    strategy: chosen.strategy,
    learningRate: chosen.learningRate,
    mean: chosen.score.mean,
    best: best.n,
    bestMean: best.score.mean,
    standardError: best.score.standardError,
    paired,
    difference: paired ? chosen.difference : null,
    metric,
    sentence: said.filter((each) => each !== null).join(" "),
    comparison: sayAgainstNone(chosen, all),
    note: sayUnpaired(byDepth),
  };
}

/** The standard error and what so many resamples leave open of it, 3 % of 10,000: one row lost and none won is exactly within it. */
const marginOf = ({ standardError, draws }: DepthDifference): number =>
  standardError * (1 + 3 / Math.sqrt(draws));

// Means of the same numbers in another order differ by less.
const rounding = 1e-12;

function sayTries(rows: DepthSummary[]): string | null {
  const rates = sayRates(rows);
  return rates === null ? null : `Each depth is judged at ${rates}.`;
}

function sayRecipes(
  rows: DepthSummary[],
  gain: (from: DepthSummary, to: DepthSummary) => number,
): string | null {
  const recipes = rows.filter((row) => row.recipe);
  if (recipes.length === 0) return null;
  const best = recipes.reduce((best, row) => (gain(best, row) > rounding ? row : best));
  return `The best recipe, ${titleAtRate(best)}: ${formatScore(best.score.mean)}.`;
}

function sayPaired(
  chosen: DepthSummary,
  best: DepthSummary,
  rows: DepthSummary[],
  name: (row: DepthSummary) => string,
): string {
  const { metric, score, validRows } = chosen;
  const mean = formatScore(score.mean);
  const same = ({ seeds }: DepthDifference) =>
    `the same ${formatMany(validRows, "row")}${seeds > 1 ? ` and ${seeds} seeds` : ""}`;
  if (chosen !== best) {
    const { mean: by, standardError } = chosen.difference!;
    return `${name(chosen)}: the deepest freeze whose mean ${metric} (${mean}) is within one standard error of the best, ${formatScore(best.score.mean)} at ${name(best)}: on ${same(chosen.difference!)} they differ by ${formatScore(Math.abs(by), standardError)}.`;
  }
  const deeper = rows.filter((row) => row.n > best.n);
  if (deeper.length === 0)
    return `${name(best)}: the best mean ${metric} (${mean}), and the deepest freeze tried.`;
  const errors = ({ difference }: DepthSummary) => Math.abs(difference!.mean) / difference!.standardError;
  const nearest = deeper.reduce((near, row) => (errors(row) < errors(near) ? row : near));
  const { mean: by, standardError } = nearest.difference!;
  return `${name(best)}: the best mean ${metric} (${mean}), and no deeper freeze is within one standard error of it: on ${same(nearest.difference!)} the nearest, ${name(nearest)}, differs by ${formatScore(Math.abs(by), standardError)}.`;
}

/** One line on what stands in the way of comparing depths row by row. */
function sayUnpaired(rows: DepthSummary[]): string | null {
  const reasons = [...new Set(rows.flatMap(({ unpaired }) => unpaired ?? []))];
  if (reasons.length === 0) return null;
  const more = reasons.length > 1 ? `, and ${formatMany(reasons.length - 1, "more reason")}` : "";
  return `Depths are judged by the standard error of the best score and not row by row: ${reasons[0]}${more}.`;
}

function say(
  chosen: DepthSummary,
  best: DepthSummary,
  rows: DepthSummary[],
  name: (row: DepthSummary) => string,
): string {
  const { metric, score } = chosen;
  const mean = formatScore(score.mean);
  const error = best.score.standardError;
  const unknown = `one seed gives no standard error of ${metric}`;
  if (rows.length === 1) return `${name(chosen)}: the only depth tried, mean ${metric} ${mean}.`;
  if (chosen !== best) {
    const near =
      error === null
        ? `level with the best (${unknown}):`
        : `within one standard error (${formatScore(error)}) of the best:`;
    return `${name(chosen)}: the deepest freeze whose mean ${metric} (${mean}) is ${near} ${formatScore(best.score.mean)} at ${name(best)}.`;
  }
  const deeper = rows.every((row) => row.n <= best.n)
    ? "and the deepest freeze tried"
    : error === null
      ? `and no deeper freeze is level with it (${unknown})`
      : `and no deeper freeze is within one standard error (${formatScore(error)}) of it`;
  return `${name(chosen)}: the best mean ${metric} (${mean}), ${deeper}.`;
}
