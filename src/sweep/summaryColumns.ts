import { metricLabel } from "../text/metricLabel";
import {
  formatCount,
  formatDifference,
  formatRate,
  formatScore,
  formatShare,
  megabytes,
} from "../text/numbers";
import { formatN } from "../text/trialTitle";
import { baseOf } from "./againstNone";
import { bestDepth } from "./bestDepth";
import type { DepthSummary } from "./summarize";

type Cell = (row: DepthSummary) => string;

/** A column of a sweep's table. */
interface SummaryColumn {
  /** What it is called in a console; null where it is left out there. */
  short: string | null;
  /** What it is called on a page. */
  title: string;
  cell: Cell;
  /** Whether its cells are no numbers to compare by their digits, and so stand on the left in a console. */
  left?: boolean;
}

/** The columns that say how good each depth is, and what it costs; where nothing frozen was tried, also as shares of that. */
export function summaryColumns(rows: DepthSummary[]): SummaryColumn[] {
  const { metric, strategy } = rows[0];
  const base = baseOf(rows);
  const { best } = bestDepth(rows);
  const shareOfNone = (value: (row: DepthSummary) => number): SummaryColumn[] =>
    base ? [{ short: "of none", title: "of none", cell: (row) => formatShare(value(row), value(base)) }] : [];
  // Where some seconds are those of reading, the others keep their digits below each other.
  const starred = (text: Cell): Cell => {
    const cached = rows.some((row) => row.frozenFromCache);
    return (row) => text(row) + (row.frozenFromCache ? "*" : cached ? " " : "");
  };
  return [
    ...(rows.some((row) => row.strategy !== strategy)
      ? [{ short: "strategy", title: "Strategy", cell: (row: DepthSummary) => row.strategy, left: true }]
      : []),
    { short: "N", title: "N", cell: ({ n, recipe }) => (recipe ? "" : formatN(n)) },
    ...(isAtSeveralRates(rows)
      ? [
          {
            short: "rate",
            title: "Learning rate",
            cell: ({ learningRate }: DepthSummary) => (learningRate === null ? "" : formatRate(learningRate)),
          },
        ]
      : []),
    {
      short: rows.some((row) => row.score.sd !== null) ? `${metric} ± sd` : metric,
      title: `${metricLabel(metric)} ± sd`,
      cell: ({ score }) => formatScore(score.mean, score.sd),
      left: true,
    },
    ...(rows.some((row) => row.difference)
      ? [
          {
            short: "to the best [95 %]",
            title: "To the best [95 %]",
            cell: (row: DepthSummary) =>
              row.difference ? formatDifference(row.difference) : row === best ? "best" : "",
            left: true,
          },
        ]
      : []),
    { short: null, title: "Seeds", cell: (row) => String(row.seeds) },
    { short: "s/epoch", title: "Epoch (s)", cell: (row) => row.secondsPerEpoch.toFixed(2) },
    {
      short: "frozen s",
      title: "Frozen pass (s)",
      cell: starred((row) => row.frozenSeconds.toFixed(2)),
    },
    { short: "total s", title: "Whole trial (s)", cell: (row) => row.totalSeconds.toFixed(2) },
    ...shareOfNone((row) => row.totalSeconds),
    {
      short: "peak MB",
      title: "Peak tensors (MB)",
      cell: starred((row) => megabytes(row.peakTensorBytes, 1)),
    },
    ...shareOfNone((row) => row.peakTensorBytes),
    {
      short: "trainable",
      title: "Trainable parameters",
      cell: (row) => formatCount(row.trainableParameters),
    },
  ];
}

/** Not where a recipe has a rate of its own: its settings say so. */
const isAtSeveralRates = (rows: DepthSummary[]): boolean =>
  rows.some(({ rates }) => rates.length > 1) ||
  new Set(rows.filter(({ recipe }) => !recipe).map(({ learningRate }) => learningRate)).size > 1;

/** What a star beside the seconds of a frozen pass, and the memory of a trial that had none, says. */
export const FROM_CACHE =
  "read from disk, where an earlier run had left what the frozen part computes: no measure of a first run";

/** What a depth marked as undertrained is. */
export const UNDERTRAINED =
  "at this rate, the highest it was tried at, the training loss has hardly fallen, or falls at the end as steeply as at first";
