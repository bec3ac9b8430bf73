import { greatest } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { baseOf } from "../sweep/againstNone";
import { groupBy } from "../sweep/groupBy";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import type { TrialRecord } from "../sweep/record";
import { type DepthSummary, summarize } from "../sweep/summarize";
import { FROM_CACHE } from "../sweep/summaryColumns";
import { plotText } from "../text/plotText";
import {
  depthAxis,
  labelHeight,
  markRecommended,
  placesOf,
  shareLabels,
  smallestGap,
  titleOf,
} from "./depthAxis";
import type { Figure, FigureOptions } from "./figure";
import { axis, colours, layout, split } from "./theme";

/**
 * Seconds of an epoch against N, stacked: training, evaluation, and hatched on top the frozen pass, which only a trial's
 * first epoch pays. The solid part is thus what every epoch costs, the whole bar what the first one does. One panel per
 * strategy, all to one scale; recipes stand in the first, behind the depths. Above each bar stands what its whole trial took as a
 * share of the one that freezes nothing.
 *
 * @throws InputError for records of several sweeps
 * @example
 * ```ts
 * await show(secondsFigure(records));
 * ```
 */
export function secondsFigure(records: TrialRecord[], options: FigureOptions = {}): Figure {
  const read = readOptions("secondsFigure", options);
  checkArguments("secondsFigure", { records });
  const rows = summarize(records, read);
  const recommended = oneStandardErrorRule(rows);
  const recipes = rows.filter((row) => row.recipe);
  const frozen = [
    ...groupBy(
      rows.filter((row) => !row.recipe),
      (row) => row.strategy,
    ),
  ];
  const [[first, depths] = ["recipes", []], ...others] = frozen;
  const strategies: [string, DepthSummary[]][] = [[first, [...depths, ...recipes]], ...others];
  const place = placesOf(rows);
  const plotHeight = 100 + 200 * strategies.length;
  const domains = split(strategies.length, 36 / plotHeight).reverse();
  const gap = smallestGap(rows);
  const base = baseOf(rows);
  const fromCache = rows.some((row) => row.frozenFromCache);
  const highest = greatest(rows.map((row) => row.secondsPerEpoch + row.frozenSeconds));

  const data: Figure["data"] = [];
  const axes: Figure["layout"] = {};
  const shares: object[] = [];
  for (const [i, [strategy, depths]] of strategies.entries()) {
    const id = i === 0 ? "" : i + 1;
    for (const segment of segments)
      data.push({
        ...bars(depths, segment, place),
        width: 0.7 * gap,
        xaxis: `x${id}`,
        yaxis: `y${id}`,
        showlegend: i === 0,
      });
    // Of its own panel: strategies do not share a place in it.
    const { text, size } = shareLabels(depths, (row) => row.totalSeconds, { base, starred: true });
    const labelled = depths.filter((row) => text(row) !== "");
    shares.push(
      ...labelled.map((row) => ({
        text: text(row),
        font: { size },
        x: place(row),
        y: row.secondsPerEpoch + row.frozenSeconds,
        xref: `x${id}`,
        yref: `y${id}`,
        yanchor: "bottom",
        showarrow: false,
        // Over the dotted line of the recommended depth.
        bgcolor: "#FFFFFF",
        borderpad: 1,
      })),
    );
    axes[`xaxis${id}`] = depthAxis(rows, {
      anchor: `y${id}`,
      margin: 0.6 * gap,
      ...(i < strategies.length - 1 && { title: { text: "" } }),
    });
    const name = strategies.length > 1 ? `<b>${plotText(strategy)}</b><br>` : "";
    axes[`yaxis${id}`] = axis(`${name}Seconds per epoch (s)`, {
      domain: domains[i],
      range: [0, highest * (base || fromCache ? 1.14 : 1.05)],
    });
  }
  const marked = strategies.findIndex(([, rows]) =>
    rows.some((row) => row.strategy === recommended.strategy),
  );
  const { shape, annotation } = markRecommended(recommended, rows, marked);
  return {
    data,
    layout: layout(
      "Seconds per epoch against frozen blocks",
      [
        "Solid: every epoch. Hatched: the frozen pass, once per trial, within its first epoch",
        ...(base
          ? ["Percent: seconds of the whole trial as a share of those with nothing frozen (N = none)"]
          : []),
        ...(fromCache ? [`* ${FROM_CACHE}`] : []),
      ],
      plotHeight,
      1,
      {
        ...axes,
        labels: labelHeight(rows),
        barmode: "stack",
        shapes: [shape],
        annotations: [annotation, ...shares],
      },
    ),
  };
}

interface Segment {
  name: string;
  seconds(row: DepthSummary): number;
  colour: string;
  hatch: string;
}

const segments: Segment[] = [
  { name: "training", seconds: (row) => row.trainSeconds, colour: colours.blue, hatch: "" },
  { name: "evaluation", seconds: (row) => row.evalSeconds, colour: colours.orange, hatch: "" },
  {
    name: "frozen pass (once per trial)",
    seconds: (row) => row.frozenSeconds,
    colour: colours.sky,
    hatch: "/",
  },
];

function bars(
  rows: DepthSummary[],
  { name, seconds, colour, hatch }: Segment,
  place: (row: DepthSummary) => number,
): Record<string, unknown> {
  return {
    type: "bar",
    name,
    x: rows.map(place),
    y: rows.map(seconds),
    marker: {
      color: colour,
      pattern: {
        shape: hatch,
        fillmode: "overlay",
        fgcolor: colours.black,
        fgopacity: 1,
        size: 7,
        solidity: 0.2,
      },
      line: { color: "#FFFFFF", width: 1 },
    },
    customdata: rows.map((row) => [
      titleOf(row),
      row.secondsPerEpoch.toFixed(2),
      row.frozenSeconds.toFixed(2),
      row.totalSeconds.toFixed(2),
      row.epochs,
    ]),
    hovertemplate: [
      `%{customdata[0]}<br>${name} %{y:.2f} s`,
      "epoch %{customdata[1]} s, frozen pass %{customdata[2]} s",
      "whole trial %{customdata[3]} s for %{customdata[4]} epochs<extra></extra>",
    ].join("<br>"),
  };
}
