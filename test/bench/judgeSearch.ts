import { judgeRows } from "../../src/sweep/judgeRows";
import { mean } from "../../src/sweep/mean";
import { type Difference, pairedDifference } from "../../src/sweep/pairedDifference";
import { rateOf } from "../../src/sweep/rateOf";
import { explainN } from "../../src/sweep/recommendN";
import type { TrialRecord } from "../../src/sweep/record";
import { sweepSeconds } from "./sweepSeconds";

/** A depth and the learning rate that goes with it. */
export interface Choice {
  n: number;
  learningRate: number | null;
}

/** What a search came to, and a fine-tuning with nothing frozen that was timed right after it. */
export interface Searched extends Choice {
  seconds: number;
  /** Of all cores together: other work on the machine hardly changes it. */
  cpuSeconds: number;
  none: { seconds: number; cpuSeconds: number };
}

/** A search beside the grid, which judges it. */
export interface SearchVerdict {
  search: Choice;
  grid: Choice;
  /** How many seeds the grid has. */
  seeds: number;
  /** The search's choice less the grid's on the same rows and seeds; null where the two are the same. */
  difference: (Difference & { mean: number }) | null;
  /** By how many standard errors of that difference the search's choice scores less; 0 where it does not. */
  regret: number;
  /** Whether both name the same depth, or 95 % of the resampled differences lie on both sides of 0. */
  agrees: boolean;
  /** Time as a share of one fine-tuning with nothing frozen, of a sweep of one rate and one seed, and of the grid of one seed. */
  time: { none: number; noneCpu: number; sweep: number; grid: number };
}

/**
 * Holds a search against the grid: every depth at every rate with several seeds. `tried` are the trials of the search's choice with the
 * grid's seeds; where the grid has them, they are its own.
 *
 * The grid ran at another time than the search, when the machine may have been slower or faster. So both are counted in fine-tunings
 * with nothing frozen, each by those that ran with it.
 */
export function judgeSearch(searched: Searched, grid: TrialRecord[], tried: TrialRecord[]): SearchVerdict {
  const { n, learningRate, none } = searched;
  const chosen = explainN(grid);
  const same = chosen.n === n && chosen.learningRate === learningRate;
  const difference = same ? null : compare(tried, grid.filter(isOf(chosen)));
  const ofNone = searched.seconds / none.seconds;
  const first = grid.filter(({ seed }) => seed === grid[0].seed);
  const noneInGrid = sweepSeconds(
    first.filter((trial) => trial.n === -1),
    "one rate",
  );
  return {
    search: { n, learningRate },
    grid: { n: chosen.n, learningRate: chosen.learningRate },
    seeds: new Set(grid.map(({ seed }) => seed)).size,
    difference,
    regret: difference ? standardErrors(difference) : 0,
    agrees: chosen.n === n || difference === null || (difference.low <= 0 && difference.high >= 0),
    time: {
      none: ofNone,
      noneCpu: searched.cpuSeconds / none.cpuSeconds,
      sweep: (ofNone * noneInGrid) / sweepSeconds(first, "one rate"),
      grid: (ofNone * noneInGrid) / sweepSeconds(first, "all"),
    },
  };
}

/** Whether a trial is of a depth and a rate. */
export const isOf =
  ({ n, learningRate }: Choice) =>
  (record: TrialRecord) =>
    record.n === n && rateOf(record) === learningRate;

function compare(ours: TrialRecord[], theirs: TrialRecord[]): Difference & { mean: number } {
  const pairs = ours.flatMap((trial) => {
    const other = theirs.find(({ seed }) => seed === trial.seed);
    return other ? [{ trial, other }] : [];
  });
  if (pairs.length < theirs.length)
    throw new Error(
      `expected the search's choice with the grid's ${theirs.length} seeds, got ${pairs.length} of them`,
    );
  const judged = judgeRows([...ours, ...theirs], "accuracy");
  const drawsOf = (trial: TrialRecord) => {
    const rows = judged.get(trial)!;
    if (typeof rows === "string") throw new Error(rows);
    return rows.draws;
  };
  const difference = pairedDifference(
    pairs.map(({ trial }) => drawsOf(trial)),
    pairs.map(({ other }) => drawsOf(other)),
  );
  return { mean: mean(pairs.map(({ trial, other }) => trial.accuracy! - other.accuracy!)), ...difference! };
}

/** By how many of its standard errors a difference is below 0. Without any spread one row less is beyond all bounds. */
const standardErrors = ({ mean, standardError }: Difference & { mean: number }): number =>
  mean >= 0 ? 0 : -mean / standardError;
