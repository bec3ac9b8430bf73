import { formatCount, formatMany, formatRate, formatScore, formatShare, percent } from "../text/numbers";
import { isLowerBetter } from "../training/isLowerBetter";
import type { DepthSummary } from "./summarize";
import { titleAtRate } from "./titleAtRate";

/** The row in which nothing is frozen, by which the others are measured; undefined where that was not tried. */
export function baseOf(rows: DepthSummary[]): DepthSummary | undefined {
  return rows.find((row) => row.n === -1 && !row.recipe);
}

/**
 * What freezing brings and costs against fine-tuning everything, in words. Null where that was not tried, or is what `chosen` does
 * itself.
 */
export function sayAgainstNone(chosen: DepthSummary, rows: DepthSummary[]): string | null {
  const base = baseOf(rows);
  if (!base || base === chosen) return null;
  const alone = secondsAlone(chosen, rows);
  const byItself = alone === null ? "" : `; ${alone.toFixed(1)} s in a run of its own`;
  const megabytes = chosen.peakTensorBytes < 10e6 ? 1 : 0;
  const time = cost("time", chosen.totalSeconds, base.totalSeconds, 1, "s", byItself);
  const memory = cost("memory", chosen.peakTensorBytes / 1e6, base.peakTensorBytes / 1e6, megabytes, "MB");
  const second = memory.verb === time.verb ? memory.object : `${memory.verb} ${memory.object}`;
  const baseRate = base.rates.length > 1 ? ` at rate ${formatRate(base.learningRate!)}` : "";
  return (
    `${titleAtRate(chosen)} ${sayScores(chosen, base)}, ${time.verb} ${time.object} and ${second} of fine-tuning everything${baseRate}.` +
    sayFromCache(chosen) +
    saySpread(chosen)
  );
}

function sayScores({ metric, score }: DepthSummary, base: DepthSummary): string {
  const [from, to] = [base.score, score].map((each) => formatScore(each.mean, each.standardError));
  const share = score.mean / base.score.mean;
  if (isLowerBetter(metric) || !(base.score.mean > 0 && share > 0)) return `has ${metric} ${to} for ${from}`;
  return `${share > 1 ? "reaches" : "keeps"} ${percent(share)} % of the ${metric} (${to} of ${from})`;
}

/** "saves" and "80 % of the time (6.9 of 34.8 s)"; "takes" where nothing is saved. */
function cost(of: string, value: number, base: number, digits: number, unit: string, more = "") {
  const saved = base - value;
  const saves = saved > 0.005 * base;
  return {
    verb: saves ? "saves" : "takes",
    object: `${formatShare(saves ? saved : value, base)} of the ${of} (${value.toFixed(digits)} of ${base.toFixed(digits)} ${unit}${more})`,
  };
}

const sayFromCache = ({ frozenFromCache }: DepthSummary): string =>
  frozenFromCache
    ? " Its frozen pass was read from disk, where an earlier run had left it: a first run takes more of both."
    : "";

function saySpread({ score, validRows, seeds }: DepthSummary): string {
  if (score.standardError === null) return "";
  return ` ± is one standard error: what ${formatCount(validRows)} validation rows and ${formatMany(seeds, "seed")} can tell.`;
}

/**
 * Seconds of a trial that computes its frozen pass from the first block on. Within a sweep a depth goes on from the features of the
 * one before and seeds share them, so its own pass covers only what lies between. Null where there is nothing to add, or where passes
 * read from disk what was not computed in this sweep.
 */
function secondsAlone(chosen: DepthSummary, rows: DepthSummary[]): number | null {
  const passes = rows.filter(
    ({ strategy, recipe, n }) => !recipe && strategy === chosen.strategy && n >= 0 && n <= chosen.n,
  );
  if (chosen.recipe || passes.some((row) => row.frozenFromCache)) return null;
  const whole = passes.reduce((sum, row) => sum + row.longestFrozenSeconds, 0);
  const added = whole - chosen.frozenSeconds;
  return added >= 0.05 ? chosen.totalSeconds + added : null;
}
