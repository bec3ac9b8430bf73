import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import type { SearchResult } from "../search/SearchOptions";
import { metricLabel } from "../text/metricLabel";
import { formatDifference, formatRate, formatShare } from "../text/numbers";
import { formatN } from "../text/trialTitle";
import { isLowerBetter } from "../training/isLowerBetter";
import type { Figure } from "./figure";
import { axis, colours, layout } from "./theme";

/**
 * What a search knows of each depth: those that were measured as a line, with the 95 % interval of their difference to the chosen one on
 * the same rows; those that were predicted as open points on a dotted line; and those that the goal has no time for as crosses along
 * the axis. The chosen depth is ringed.
 *
 * @throws InputError for anything but what a search came to
 * @example
 * ```ts
 * const result = await searchDepth("data/all-MiniLM-L6-v2", { train, valid });
 * await show(searchFigure(result));
 * ```
 */
export function searchFigure(result: SearchResult): Figure;
export function searchFigure(result: SearchResult, ...more: unknown[]): Figure {
  noOptions("searchFigure", more);
  checkArguments("searchFigure", { result });
  const { depths, metric, n, learningRate } = result;
  const label = metricLabel(metric);
  const of = (wanted: string) => depths.filter(({ state }) => state === wanted);
  const [measured, predicted, dropped] = ["measured", "predicted", "dropped"].map(of);
  const chosen = measured.find((depth) => depth.n === n)!;
  const scored = depths.filter(({ score }) => score !== null);
  const common = {
    type: "scatter",
    x: measured.map((depth) => depth.n),
    y: measured.map(({ score }) => score),
  };
  const arms = (end: "low" | "high") =>
    measured.map(({ difference }) => (difference ? Math.abs(difference[end] - difference.mean) : 0));
  const takes = (cost: number) => `takes about ${formatShare(cost, 1)} of fine-tuning with nothing frozen`;
  return {
    data: [
      {
        type: "scatter",
        mode: "lines+markers",
        name: "predicted",
        x: scored.map((depth) => depth.n),
        y: scored.map(({ score }) => score),
        line: { color: colours.blue, width: 1.5, dash: "dot" },
        marker: {
          color: colours.blue,
          size: scored.map(({ state }) => (state === "predicted" ? 9 : 0)),
          symbol: "circle-open",
        },
        customdata: scored.map(({ n, cost }) => [formatN(n), takes(cost)]),
        hovertemplate: `N = %{customdata[0]}: predicted<br>${label} about %{y:.2f}<br>%{customdata[1]}<extra></extra>`,
      },
      {
        ...common,
        mode: "lines+markers",
        name: "measured",
        error_y: {
          type: "data",
          symmetric: false,
          array: arms("high"),
          arrayminus: arms("low"),
          thickness: 1.5,
          width: 5,
        },
        line: { color: colours.blue, width: 2.5 },
        marker: { color: colours.blue, size: 9 },
        customdata: measured.map(({ n, learningRate, cost, difference }) => [
          formatN(n),
          formatRate(learningRate!),
          difference ? `${formatDifference(difference)} to the chosen one` : "the chosen one",
          takes(cost),
        ]),
        hovertemplate: `N = %{customdata[0]} at rate %{customdata[1]}<br>${label} %{y:.4f}<br>%{customdata[2]}<br>%{customdata[3]}<extra></extra>`,
      },
      ...(dropped.length > 0
        ? [
            {
              type: "scatter",
              mode: "markers",
              name: "takes longer than wanted",
              x: dropped.map((depth) => depth.n),
              y: dropped.map(() => Math.min(...scored.map(({ score }) => score!))),
              marker: { color: "#888888", size: 9, symbol: "x-thin-open" },
              customdata: dropped.map(({ n, cost }) => [formatN(n), takes(cost)]),
              hovertemplate: "N = %{customdata[0]}: not looked at<br>%{customdata[1]}<extra></extra>",
            },
          ]
        : []),
      {
        type: "scatter",
        mode: "markers",
        name: "chosen",
        x: [n],
        y: [chosen.score],
        marker: { symbol: "circle-open", size: 22, color: colours.black, line: { width: 2.5 } },
        hoverinfo: "skip",
        showlegend: false,
      },
    ],
    layout: layout(
      `N = ${formatN(n)} at rate ${formatRate(learningRate)}: what the search knows of each depth`,
      [
        "Line: measured on all rows, each depth at its best rate; bars: 95 % interval of the",
        "difference to the chosen one on the same rows",
        ...(predicted.length > 0 ? ["Open, dotted: predicted from what the steps beside it gained"] : []),
        ...(dropped.length > 0
          ? ["Crosses: not looked at, since fine-tuning would take longer than wanted"]
          : []),
      ],
      300,
      0,
      {
        xaxis: axis("Frozen blocks N (0: embeddings only, none: nothing frozen)", {
          tickvals: depths.map((depth) => depth.n),
          ticktext: depths.map((depth) => formatN(depth.n)),
          range: [depths[0].n - 0.6, depths.at(-1)!.n + 0.6],
          showgrid: false,
          zeroline: false,
        }),
        yaxis: axis(isLowerBetter(metric) ? `${label} (lower is better)` : label),
      },
    ),
  };
}
