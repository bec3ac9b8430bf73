import { InputError } from "../errors";
import { formatScore } from "../text/numbers";
import { LOWER_IS_BETTER } from "../training/metrics";
import { sayAgainstNone } from "./againstNone";
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
  /** What is judged by. */
  metric: string;
  /** The same in words, for a console or a caption. */
  sentence: string;
  /** What it keeps and saves of fine-tuning everything, in words; null where N = none was not tried, or is the recommended one. */
  comparison: string | null;
}

/**
 * The one standard error rule (Breiman, Friedman, Olshen and Stone 1984, §3.4.3) with depth for simplicity: the deepest
 * freeze whose mean score is no further from the best than the best's standard error. Without a standard error only a tie
 * goes deeper. Each depth is judged at the best of the learning rates that it was tried at. Of two strategies at the same depth the better one is taken. Recipes have no depth to compare by: where there are
 * depths, they are only named.
 */
export function oneStandardErrorRule(all: DepthSummary[]): Recommendation {
  const frozen = all.filter((row) => !row.recipe);
  const rows = frozen.length > 0 ? frozen : all;
  if (rows.length === 0)
    throw new InputError("records: expected at least one, got none; has the sweep ended a trial yet?");
  const { metric } = rows[0];
  const sign = LOWER_IS_BETTER.has(metric) ? -1 : 1;
  const gain = (from: DepthSummary, to: DepthSummary) => sign * (to.score.mean - from.score.mean);
  const byDepth = rows.toSorted((a, b) => b.n - a.n || gain(a, b));
  const best = byDepth.reduce((best, row) => (gain(best, row) > rounding ? row : best));
  const margin = best.score.standardError ?? 0;
  const chosen = byDepth.find((row) => gain(row, best) <= margin + rounding) as DepthSummary;
  const several = rows.some((row) => row.strategy !== chosen.strategy);
  const name = (row: DepthSummary) => titleAtRate(row) + (several && !row.recipe ? ` (${row.strategy})` : "");
  const said = [
    say(chosen, best, rows, name),
    sayTries(rows),
    sayUndertrained(rows, chosen, name),
    ...(frozen.length > 0 ? [sayRecipes(all, gain)] : []),
  ];
  return {
    n: chosen.n,
    strategy: chosen.strategy,
    learningRate: chosen.learningRate,
    mean: chosen.score.mean,
    best: best.n,
    bestMean: best.score.mean,
    standardError: best.score.standardError,
    metric,
    sentence: said.filter((each) => each !== null).join(" "),
    comparison: sayAgainstNone(chosen, all),
  };
}

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
