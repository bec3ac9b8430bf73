import { bestDepth } from "./bestDepth";
import { type Judged, judgeRows } from "./judgeRows";
import { mcnemar } from "./mcnemar";
import { mean } from "./mean";
import { type Difference, pairedDifference } from "./pairedDifference";
import type { TrialRecord } from "./record";
import type { DepthSummary } from "./summarize";

/** A depth's score less that of the best depth, on the same validation rows and with the same seeds. */
export interface DepthDifference extends Difference {
  /** Over the seeds that both were trained with. */
  mean: number;
  /** How many these are. */
  seeds: number;
  /** Where accuracy is judged by: rows that it gets right with more of the seeds than the best depth does; else null. */
  won: number | null;
  /** Rows that it gets right with fewer of the seeds. */
  lost: number | null;
  /** Two-sided probability of so uneven a split of these rows by chance, where accuracy and one seed are judged by: see `mcnemar`. */
  p: number | null;
}

/** A row, and the trials that its score is of. */
export interface JudgedDepth {
  row: DepthSummary;
  trials: TrialRecord[];
}

/**
 * Compares each depth with the best one row by row, by what lies beside their records, and writes it into the rows: the difference, or why
 * there is none though some records have predictions.
 */
export function compareDepths(
  depths: readonly JudgedDepth[],
  metric: string,
  scoreOf: (trial: TrialRecord) => number,
): void {
  const records = depths.flatMap(({ trials }) => trials);
  if (depths.length < 2 || records.every(({ predictions }) => predictions === undefined)) return;
  const { best } = bestDepth(depths.map(({ row }) => row));
  const base = depths.find(({ row }) => row === best)!;
  const judged = judgeRows(records, metric);
  for (const { row, trials } of depths) {
    const why = [...trials, ...base.trials]
      .map((trial) => judged.get(trial))
      .find((each) => typeof each === "string");
    if (why !== undefined) row.unpaired = why;
    else if (row !== best) compare(row, trials, base.trials);
  }

  function compare(row: DepthSummary, ours: TrialRecord[], theirs: TrialRecord[]): void {
    const pairs = ours.flatMap((trial) => {
      const other = theirs.find(({ seed }) => seed === trial.seed);
      return other ? [{ trial, other, a: judged.get(trial) as Judged, b: judged.get(other) as Judged }] : [];
    });
    if (pairs.length === 0) row.unpaired = `${ours[0].trial}: no seed is that of a trial of the best depth`;
    else if (pairs.some(({ a, b }) => a.rows !== b.rows))
      row.unpaired = `${ours[0].trial}: its predictions are of other rows than the best depth's`;
    else {
      const difference = pairedDifference(
        pairs.map(({ a }) => a.draws),
        pairs.map(({ b }) => b.draws),
      );
      if (!difference) row.unpaired = `${ours[0].trial}: no resample of the rows has a ${metric}`;
      else
        row.difference = {
          mean: mean(pairs.map(({ trial, other }) => scoreOf(trial) - scoreOf(other))),
          ...difference,
          seeds: pairs.length,
          ...countChanged(pairs),
        };
    }
  }
}

/** How many rows went either way, and what McNemar's test makes of them. */
function countChanged(pairs: { a: Judged; b: Judged }[]): Pick<DepthDifference, "won" | "lost" | "p"> {
  const { right } = pairs[0].a;
  if (!right) return { won: null, lost: null, p: null };
  let [won, lost] = [0, 0];
  for (let row = 0; row < right.length; row++) {
    const more = pairs.reduce((sum, { a, b }) => sum + a.right![row] - b.right![row], 0);
    if (more > 0) won++;
    if (more < 0) lost++;
  }
  // The rows of several seeds are no independent tries.
  return { won, lost, p: pairs.length === 1 ? mcnemar(won, lost) : null };
}
