import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { baseOf } from "../sweep/againstNone";
import { formatSeeds } from "../sweep/formatSummary";
import { groupBy } from "../sweep/groupBy";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import type { TrialRecord } from "../sweep/record";
import { summarize } from "../sweep/summarize";
import { metricLabel } from "../text/metricLabel";
import { formatCount, formatScore } from "../text/numbers";
import { plotText } from "../text/plotText";
import { LOWER_IS_BETTER } from "../training/metrics";
import { depthAxis, isRecommended, labelHeight, markRecommended, placesOf, titleOf } from "./depthAxis";
import type { Figure, FigureOptions } from "./figure";
import { axis, colours, layout, legendRows, lineStyle } from "./theme";

/**
 * The mean score against N, one line per strategy and a point per recipe beside them, the band of one standard error that decides, a
 * dashed line where freezing nothing stands, and the recommended depth ringed. Error bars are one standard deviation over the seeds;
 * of a single seed one standard error, which the validation rows alone give.
 *
 * @throws InputError for records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * await show(accuracyFigure(records, { metric: "f1" }));
 * ```
 */
export function accuracyFigure(records: TrialRecord[], options: FigureOptions = {}): Figure {
  const read = readOptions("accuracyFigure", options);
  checkArguments("accuracyFigure", { records });
  const rows = summarize(records, read);
  const recommended = oneStandardErrorRule(rows);
  const { metric, bestMean, standardError } = recommended;
  const best = rows.find((row) => row.n === recommended.best && row.score.mean === bestMean)!;
  const strategies = groupBy(rows, (row) => row.strategy);
  const spread = rows.some((row) => row.score.sd !== null);
  const known = rows.some((row) => row.score.standardError !== null);
  const base = baseOf(rows);
  const label = metricLabel(metric);
  const place = placesOf(rows);
  const chosen = rows.find((row) => isRecommended(row, recommended))!;

  const lines = [...strategies].map(([strategy, depths], i) => {
    return {
      type: "scatter",
      mode: "lines+markers",
      name: plotText(strategy),
      x: depths.map(place),
      y: depths.map((row) => row.score.mean),
      error_y: {
        type: "data",
        array: depths.map((row) => (spread ? row.score.sd : row.score.standardError) ?? 0),
        visible: spread || known,
        thickness: 1.5,
        width: 5,
      },
      ...lineStyle(i),
      customdata: depths.map((row) => [
        titleOf(row),
        row.score.sd === null ? "unknown" : formatScore(row.score.sd),
        row.seeds,
      ]),
      hovertemplate: `%{customdata[0]}<br>${label} %{y:.4f}<br>standard deviation %{customdata[1]}<br>seeds %{customdata[2]}<extra>${plotText(strategy)}</extra>`,
    };
  });
  const ring = {
    type: "scatter",
    mode: "markers",
    name: "recommended",
    x: [place(chosen)],
    y: [recommended.mean],
    marker: { symbol: "circle-open", size: 22, color: colours.black, line: { width: 2.5 } },
    hoverinfo: "skip",
    showlegend: false,
  };

  const { shape, annotation } = markRecommended(recommended, rows);
  const worst = bestMean + (LOWER_IS_BETTER.has(metric) ? 1 : -1) * (standardError ?? 0);
  const band = {
    type: "rect",
    xref: "paper",
    yref: "y",
    x0: 0,
    x1: 1,
    y0: worst,
    y1: bestMean,
    fillcolor: "#E8E8E8",
    line: { width: 0 },
    layer: "below",
  };
  const baseline = base && {
    type: "line",
    xref: "paper",
    yref: "y",
    x0: 0,
    x1: 1,
    y0: base.score.mean,
    y1: base.score.mean,
    line: { color: "#888888", width: 1.5, dash: "dash" },
    layer: "below",
  };
  const explanation = [
    spread
      ? `Mean of ${formatSeeds(rows)}; bars: one standard deviation over seeds`
      : known
        ? `One seed; bars: one standard error by ${formatCount(rows[0].validRows)} validation rows`
        : "One seed: no spread to show",
    ...(standardError === null ? [] : [`Grey: within one standard error of the best (${titleOf(best)})`]),
    ...(base ? ["Dashed: nothing frozen (N = none)"] : []),
  ];
  return {
    data: [...lines, ring],
    layout: layout(`${label} against frozen blocks`, explanation, 300, legendRows(strategies.size), {
      labels: labelHeight(rows),
      xaxis: depthAxis(rows),
      yaxis: axis(LOWER_IS_BETTER.has(metric) ? `${label} (lower is better)` : label),
      shapes: [...(standardError === null ? [] : [band]), shape, ...(baseline ? [baseline] : [])],
      annotations: [annotation],
    }),
  };
}
