import { visible } from "../freeze";
import { noOptions } from "../options/noOptions";
import { baseOf, formatShare } from "./againstNone";
import { oneStandardErrorRule } from "./oneStandardErrorRule";
import { formatN } from "./record";
import type { DepthSummary, Spread } from "./summarize";

/**
 * The rows as an aligned table for a console, the recommended depth marked and its reason below. MB are 10⁶ bytes, the
 * peak that of tensors. Where nothing frozen was tried, seconds and memory stand as shares of it, too.
 *
 * @example
 * ```ts
 * console.log(formatSummary(summarize(records)));
 * ```
 */
export function formatSummary(rows: DepthSummary[]): string;
export function formatSummary(rows: DepthSummary[], ...more: unknown[]): string {
  noOptions("formatSummary", more);
  const { strategy, n, sentence, comparison } = oneStandardErrorRule(rows);
  const spread = rows.some((row) => row.score.sd !== null);
  const base = baseOf(rows);
  const shareOfNone = (value: (row: DepthSummary) => number): Column[] =>
    base ? [["of none", "right", (row) => formatShare(value(row), value(base))]] : [];
  const columns: Column[] = [
    ["N", "right", formatDepth],
    [spread ? `${rows[0].metric} ± sd` : rows[0].metric, "left", (row) => formatScore(row.score)],
    ["s/epoch", "right", (row) => row.secondsPerEpoch.toFixed(2)],
    ["frozen s", "right", (row) => formatFrozen(row, rows)],
    ["total s", "right", (row) => row.totalSeconds.toFixed(2)],
    ...shareOfNone((row) => row.totalSeconds),
    ["peak MB", "right", (row) => formatPeak(row, rows)],
    ...shareOfNone((row) => row.peakTensorBytes),
    ["trainable", "right", (row) => formatCount(row.trainableParameters)],
    ["", "left", (row) => (row.strategy === strategy && row.n === n ? "<- recommended" : "")],
  ];
  if (rows.some((row) => row.strategy !== strategy))
    columns.unshift(["strategy", "left", (row) => row.strategy]);
  const text = columns.map(([title, align, cell]) =>
    alignColumn([title, ...rows.map(cell)].map(visible), align),
  );
  const lines = [undefined, ...rows].map((_, i) =>
    text
      .map((column) => column[i])
      .join("  ")
      .trimEnd(),
  );
  if (rows.some((row) => row.frozenFromCache)) lines.push("", `* ${FROM_CACHE}.`);
  if (spread) lines.push("", `± is one standard deviation over ${formatSeeds(rows)}.`);
  return [...lines, "", ...(comparison === null ? [sentence] : [sentence, "", comparison]).map(visible)].join(
    "\n",
  );
}

/** What a star beside the seconds of a frozen pass, and the memory of a trial that had none, says. */
export const FROM_CACHE =
  "read from disk, where an earlier run had left what the frozen part computes: no measure of a first run";

/** Seconds of the frozen pass, with a star where they are those of reading. */
export const formatFrozen = (row: DepthSummary, rows: DepthSummary[]): string =>
  row.frozenSeconds.toFixed(2) + star(row, rows);

/** The peak of tensors in MB, with a star where the frozen part, which takes memory of its own, did not run. */
export const formatPeak = (row: DepthSummary, rows: DepthSummary[]): string =>
  (row.peakTensorBytes / 1e6).toFixed(1) + star(row, rows);

const star = (row: DepthSummary, rows: DepthSummary[]): string =>
  row.frozenFromCache ? "*" : rows.some((row) => row.frozenFromCache) ? " " : "";

/** A row's N; a recipe has none. */
export const formatDepth = ({ n, recipe }: DepthSummary): string => (recipe ? "" : formatN(n));

/** The title, which side the cells stand on, and what they say. */
type Column = [string, "left" | "right", (row: DepthSummary) => string];

function alignColumn(cells: string[], align: "left" | "right"): string[] {
  const width = Math.max(...cells.map((cell) => cell.length));
  return cells.map((cell) => (align === "left" ? cell.padEnd(width) : cell.padStart(width)));
}

/** "0.8412 ± 0.0031", or the mean alone where one seed has no spread. */
export function formatScore({ mean, sd }: Spread): string {
  return sd === null ? mean.toFixed(4) : `${mean.toFixed(4)} ± ${sd.toFixed(4)}`;
}

/** "3 seeds", or "1 to 3 seeds" where depths differ. */
export function formatSeeds(rows: DepthSummary[]): string {
  const seeds = rows.map((row) => row.seeds);
  const [fewest, most] = [Math.min(...seeds), Math.max(...seeds)];
  return `${fewest === most ? "" : `${fewest} to `}${most} seed${most === 1 ? "" : "s"}`;
}

/** A whole number with thousands separated. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: 0 });
}
