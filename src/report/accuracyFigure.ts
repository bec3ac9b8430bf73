import { greatest, least } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { ProbedDepth } from "../probe/probeDepths";
import { baseOf } from "../sweep/againstNone";
import { bestDepth } from "../sweep/bestDepth";
import { formatSeeds } from "../sweep/formatSummary";
import { groupBy } from "../sweep/groupBy";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import type { TrialRecord } from "../sweep/record";
import { type DepthSummary, summarize } from "../sweep/summarize";
import { metricLabel } from "../text/metricLabel";
import { formatCount, formatRate, formatScore } from "../text/numbers";
import { plotText } from "../text/plotText";
import { trialTitle } from "../text/trialTitle";
import { isLowerBetter } from "../training/isLowerBetter";
import { depthAxis, isRecommended, labelHeight, markRecommended, placesOf, titleOf } from "./depthAxis";
import { differencePanel } from "./differencePanel";
import type { Figure } from "./figure";
import { probeLine } from "./probeLine";
import { axis, colours, layout, legendRows, lineStyle, rankColour } from "./theme";

/** What the figure of scores takes. */
export interface AccuracyFigureOptions {
  /** What depths are judged by. Default: "accuracy". */
  metric?: string;
  /** What `probeDepths` gave for the model, drawn as a dotted line: what can be told without training. Default: none. */
  probe?: readonly ProbedDepth[];
}

/**
 * The mean score against N, each depth at the best of its learning rates, one line per strategy and a point per recipe beside them, a
 * thin line per rate where there are several, a dashed line where freezing nothing stands, and the recommended depth ringed. Below it,
 * where predictions lie beside the records, each depth's difference to the best on the same rows, with its 95 % interval and the standard
 * error that decides; where none do, a band of one standard error decides. Error bars are one standard deviation over the seeds;
 * of a single seed one standard error, which the validation rows alone give. `probe` adds a dotted line of what `probeDepths` gave.
 *
 * @throws InputError for records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * await show(accuracyFigure(records, { metric: "f1" }));
 * ```
 */
export function accuracyFigure(records: TrialRecord[], options: AccuracyFigureOptions = {}): Figure {
  const { probe, ...read } = readOptions("accuracyFigure", options);
  checkArguments("accuracyFigure", { records });
  const rows = summarize(records, read);
  const recommended = oneStandardErrorRule(rows);
  const { metric, bestMean, standardError, paired } = recommended;
  const best = bestDepth(rows).best!;
  const differs = rows.some((row) => row.difference);
  const strategies = groupBy(rows, (row) => row.strategy);
  const spread = rows.some((row) => row.score.sd !== null);
  const known = rows.some((row) => row.score.standardError !== null);
  const base = baseOf(rows);
  const label = metricLabel(metric);
  const place = placesOf(rows);
  const chosen = rows.find((row) => isRecommended(row, recommended))!;

  const marked = rows.some(({ undertrained }) => undertrained !== null);
  const lines = [...strategies].map(([strategy, depths], i) => {
    const { line, marker } = lineStyle(i);
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
      line,
      marker: {
        ...marker,
        ...(marked && {
          symbol: depths.map(({ undertrained }) => marker.symbol + (undertrained === null ? "" : "-open")),
        }),
      },
      customdata: depths.map((row) => [
        titleOf(row),
        row.score.sd === null ? "unknown" : formatScore(row.score.sd),
        row.seeds,
        row.undertrained === null ? "" : `<br>undertrained: training loss ${row.undertrained}`,
      ]),
      hovertemplate: `%{customdata[0]}<br>${label} %{y:.4f}<br>standard deviation %{customdata[1]}<br>seeds %{customdata[2]}%{customdata[3]}<extra>${plotText(strategy)}</extra>`,
    };
  });
  const tried = rateLines(rows, place, label);
  const probed = probe && probe.length > 0 ? [probeLine(probe, rows, metric, label)] : [];
  const range = rangeOf(
    rows,
    probed.flatMap(({ y }) => y as number[]),
  );
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
  const worst = bestMean + (isLowerBetter(metric) ? 1 : -1) * (standardError ?? 0);
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
    ...(differs
      ? [
          `Below: difference to the best (${titleOf(best)}) on the same ${formatCount(best.validRows)} rows,`,
          "its 95 % interval and, thick, one standard error of it",
        ]
      : []),
    ...(paired || standardError === null
      ? []
      : [`Grey: within one standard error of the best (${titleOf(best)})`]),
    ...(tried.length > 0
      ? [
          `Thin: each learning rate by itself${range === null ? "" : ", some beyond the picture"}; the curve has each depth at its best`,
        ]
      : []),
    ...(probed.length > 0
      ? ["Dotted: a linear probe of the pretrained hidden states after N blocks, without training"]
      : []),
    ...(marked ? ["Open: undertrained at this rate, the highest that was tried"] : []),
    ...(base ? ["Dashed: nothing frozen (N = none)"] : []),
  ];
  return {
    // The thin lines first, so that the curve covers them.
    data: [...probed, ...tried, ...lines, ring, ...(differs ? differencePanel(rows, best, place) : [])],
    layout: layout(
      `${label} against frozen blocks`,
      explanation,
      differs ? 440 : 300,
      legendRows(strategies.size + probed.length),
      {
        labels: labelHeight(rows),
        xaxis: depthAxis(rows, differs ? { anchor: "y2" } : {}),
        yaxis: axis(isLowerBetter(metric) ? `${label} (lower is better)` : label, {
          ...(range !== null && { range }),
          ...(differs && { domain: [0.36, 1] }),
        }),
        ...(differs && {
          yaxis2: axis("To the best", { domain: [0, 0.28], zeroline: true, zerolinecolor: "#888888" }),
        }),
        shapes: [...(paired || standardError === null ? [] : [band]), shape, ...(baseline ? [baseline] : [])],
        annotations: [annotation],
      },
    ),
  };
}

/**
 * Where the axis of scores ends if a rate at which nothing was learnt, or a probe, would press the curve flat: six times as far from the
 * curve as it is high. Null where all points find room.
 */
function rangeOf(rows: DepthSummary[], probed: number[]): [number, number] | null {
  const ends = rows.flatMap(({ score }) => {
    const bar = score.sd ?? score.standardError ?? 0;
    return [score.mean - bar, score.mean + bar];
  });
  const all = [...rows.flatMap(({ rates }) => rates.map(({ score }) => score.mean)), ...probed];
  const [low, high] = [least(ends), greatest(ends)];
  const room = Math.max(high - low, 1e-9);
  if (least(all) >= low - 10 * room && greatest(all) <= high + 10 * room) return null;
  return [
    Math.max(Math.min(low, ...all), low - 6 * room) - room / 10,
    Math.min(Math.max(high, ...all), high + 6 * room) + room / 10,
  ];
}

/** A thin line for each learning rate through the depths that were tried at it, named at its end; none where each had one rate. */
function rateLines(
  rows: DepthSummary[],
  place: (row: DepthSummary) => number,
  label: string,
): Record<string, unknown>[] {
  if (rows.every(({ rates }) => rates.length === 1)) return [];
  const points = rows.flatMap((row) => row.rates.map((rate) => ({ row, rate })));
  const rates = [...new Set(points.map(({ rate }) => rate.learningRate!))].sort((a, b) => a - b);
  return rates.flatMap((learningRate, i) =>
    [
      ...groupBy(
        points.filter(({ rate }) => rate.learningRate === learningRate),
        ({ row }) => row.strategy,
      ).values(),
    ].map((those) => {
      const color = rankColour(i / Math.max(1, rates.length - 1));
      return {
        type: "scatter",
        mode: "lines+markers+text",
        name: `rate ${formatRate(learningRate)}`,
        showlegend: false,
        x: those.map(({ row }) => place(row)),
        y: those.map(({ rate }) => rate.score.mean),
        line: { color, width: 1 },
        marker: { color, size: 5 },
        text: those.map((_, at) => (at === those.length - 1 ? formatRate(learningRate) : "")),
        textfont: { color, size: 10 },
        textposition: "middle right",
        customdata: those.map(({ row, rate }) => [
          plotText(trialTitle(row)),
          rate.score.sd === null ? "unknown" : formatScore(rate.score.sd),
          rate.seeds,
        ]),
        hovertemplate: `%{customdata[0]} at rate ${formatRate(learningRate)}<br>${label} %{y:.4f}<br>standard deviation %{customdata[1]}<br>seeds %{customdata[2]}<extra></extra>`,
      };
    }),
  );
}
