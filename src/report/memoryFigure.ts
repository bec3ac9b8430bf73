import { greatest } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { baseOf } from "../sweep/againstNone";
import { groupBy } from "../sweep/groupBy";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import type { TrialRecord } from "../sweep/record";
import { type DepthSummary, summarize } from "../sweep/summarize";
import { FROM_CACHE } from "../sweep/summaryColumns";
import { megabytes, percent } from "../text/numbers";
import { plotText } from "../text/plotText";
import { depthAxis, labelHeight, markRecommended, placesOf, shareLabels, titleOf } from "./depthAxis";
import type { Figure, FigureOptions } from "./figure";
import { axis, layout, legendRows, lineStyle, split } from "./theme";

/**
 * Two panels over one axis of N: the most bytes all tensors held at once, in MB (10⁶ bytes), and the trainable parameters.
 * Both as shares of what freezing nothing takes, where that was tried; a star marks memory that was measured without a frozen pass. The
 * process's own peak is left to the hover: in one process it also holds what earlier trials left behind.
 *
 * @throws InputError for records of several sweeps
 * @example
 * ```ts
 * await show(memoryFigure(records));
 * ```
 */
export function memoryFigure(records: TrialRecord[], options: FigureOptions = {}): Figure {
  const read = readOptions("memoryFigure", options);
  checkArguments("memoryFigure", { records });
  const rows = summarize(records, read);
  const strategies = groupBy(rows, (row) => row.strategy);
  const place = placesOf(rows);
  const panels: [string, (row: DepthSummary) => number][] = [
    ["y", (row) => row.peakTensorBytes / 1e6],
    ["y2", (row) => row.trainableParameters],
  ];
  const base = baseOf(rows);
  const fromCache = rows.some((row) => row.frozenFromCache);
  const data = panels.flatMap(([yaxis, value]) =>
    [...strategies].map(([strategy, depths], i) => {
      // Nothing but memory depends on where the frozen pass came from.
      const starred = fromCache && yaxis === "y";
      const { text, size } = shareLabels(rows, value, { base, starred });
      const labelled = base !== undefined || starred;
      return {
        type: "scatter",
        mode: labelled ? "lines+markers+text" : "lines+markers",
        name: plotText(strategy),
        legendgroup: strategy,
        showlegend: yaxis === "y",
        x: depths.map(place),
        y: depths.map(value),
        ...(labelled && {
          text: depths.map(text),
          textfont: { size },
          textposition: "top right",
          cliponaxis: false,
        }),
        xaxis: "x",
        yaxis,
        ...lineStyle(i),
        customdata: depths.map((row) => [
          titleOf(row),
          megabytes(row.peakRssBytes),
          percent(row.trainableParameters / row.totalParameters),
        ]),
        hovertemplate: `%{customdata[0]}<br>${
          yaxis === "y"
            ? "tensors %{y:,.1f} MB<br>process %{customdata[1]} MB"
            : "%{y:,} parameters<br>%{customdata[2]} % of all"
        }<extra>${plotText(strategy)}</extra>`,
      };
    }),
  );
  // Texts above the points count for nothing where Plotly chooses a range.
  const range = (value: (row: DepthSummary) => number) =>
    base ? { range: [0, 1.18 * greatest(rows.map(value))] } : { rangemode: "tozero" };
  const { shape, annotation } = markRecommended(oneStandardErrorRule(rows), rows);
  const [lower, upper] = split(2, 0.1);
  return {
    data,
    layout: layout(
      "Memory and trainable parameters against frozen blocks",
      [
        "Above: most bytes all tensors held at once, the highest of the seeds",
        ...(base ? ["Percent: of what it takes with nothing frozen (N = none)"] : []),
        ...(fromCache ? [`* ${FROM_CACHE}`] : []),
      ],
      420,
      legendRows(strategies.size),
      {
        labels: labelHeight(rows),
        xaxis: depthAxis(rows, { anchor: "y2" }),
        yaxis: axis("Peak tensors (MB)", { domain: upper, ...range(panels[0][1]) }),
        yaxis2: axis("Trainable parameters", { domain: lower, ...range(panels[1][1]), tickformat: "~s" }),
        shapes: [shape],
        annotations: [annotation],
      },
    ),
  };
}
