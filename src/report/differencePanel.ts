import type { DepthSummary } from "../sweep/summarize";
import { formatDifference } from "../text/numbers";
import { titleOf } from "./depthAxis";
import { colours } from "./theme";

/**
 * Each row's difference to the best depth as points with bars on axis `y2`: thin the 95 % interval, thick the standard error, by which depths
 * are judged. The best one stands at 0.
 */
export function differencePanel(
  rows: DepthSummary[],
  best: DepthSummary,
  place: (row: DepthSummary) => number,
): Record<string, unknown>[] {
  const known = rows.filter((row) => row === best || row.difference);
  const of = (value: (difference: NonNullable<DepthSummary["difference"]>) => number) =>
    known.map(({ difference }) => (difference ? value(difference) : 0));
  const points = {
    type: "scatter",
    mode: "markers",
    name: "difference to the best",
    showlegend: false,
    x: known.map(place),
    y: of(({ mean }) => mean),
    xaxis: "x",
    yaxis: "y2",
    marker: { color: colours.black, size: 7, symbol: "diamond" },
  };
  const bars = (array: number[], arrayminus: number[], thickness: number, width: number) => ({
    error_y: { type: "data", symmetric: false, array, arrayminus, thickness, width, color: colours.black },
  });
  const error = of(({ standardError }) => standardError);
  return [
    {
      ...points,
      // Skewed resamples may leave the mean outside their own interval.
      ...bars(
        of(({ high, mean }) => Math.max(0, high - mean)),
        of(({ low, mean }) => Math.max(0, mean - low)),
        1,
        4,
      ),
      hoverinfo: "skip",
    },
    {
      ...points,
      ...bars(error, error, 4, 0),
      customdata: known.map((row) => [titleOf(row), sayDifference(row)]),
      hovertemplate: "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    },
  ];
}

/** The lines that hovering shows of a row's difference. */
function sayDifference({ difference }: DepthSummary): string {
  if (!difference) return "the best: the others are compared with it";
  const { won, lost, p } = difference;
  return [
    `${formatDifference(difference)} to the best, 95 % interval`,
    `standard error ${difference.standardError.toFixed(4)}`,
    ...(won === null
      ? []
      : [`rows won ${won}, lost ${lost}${p === null ? "" : `; McNemar p = ${p.toFixed(3)}`}`]),
  ].join("<br>");
}
