import { formatSeeds } from "../sweep/formatSummary";
import { groupBy } from "../sweep/groupBy";
import { mean } from "../sweep/mean";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import { type EpochRecord, formatN, type TrialRecord } from "../sweep/record";
import { epochScore, summarize } from "../sweep/summarize";
import type { Figure, FigureOptions } from "./figure";
import { metricLabel } from "./metricLabel";
import { plotText } from "./plotText";
import { axis, colours, layout, rankColour, split, symbol } from "./theme";

/**
 * Training loss, validation loss and the metric by epoch, side by side, a row of panels per strategy; one line per depth,
 * mean over the seeds that reached the epoch. The recommended depth is drawn thick.
 */
export function epochsFigure(records: TrialRecord[], options: FigureOptions = {}): Figure {
  const { metric = "accuracy" } = options;
  const rows = summarize(records, options);
  const recommended = oneStandardErrorRule(rows);
  const seeds = formatSeeds(rows);
  const columns: [string, (epoch: EpochRecord) => number | null | undefined][] = [
    ["Training loss", (epoch) => epoch.trainLoss],
    ["Validation loss", (epoch) => epoch.validLoss],
    [metricLabel(metric), (epoch) => epochScore(epoch, metric)],
  ];
  const strategies = [...groupBy(records, (record) => record.strategy)];
  const depths = [...new Set(records.map((record) => record.n))].sort((a, b) => a - b);
  const epochs = records.flatMap((record) => record.epochs.map(({ epoch }) => epoch));
  const [firstEpoch, lastEpoch] = [Math.min(...epochs), Math.max(...epochs)];
  const margin = 0.1 * Math.max(1, lastEpoch - firstEpoch);
  // The thick line first, so that it covers no other.
  const drawingOrder = [recommended.n, ...depths.filter((n) => n !== recommended.n)];
  const plotHeight = 60 + 240 * strategies.length;
  const across = split(columns.length, 0.1);
  const down = split(strategies.length, 48 / plotHeight).reverse();

  const data: Figure["data"] = [];
  const axes: Figure["layout"] = {};
  for (const [s, [strategy, trials]] of strategies.entries())
    for (const [c, [name, value]] of columns.entries()) {
      const panel = s * columns.length + c;
      const id = panel === 0 ? "" : panel + 1;
      for (const n of drawingOrder) {
        const d = depths.indexOf(n);
        const points = byEpoch(
          trials.filter((trial) => trial.n === n),
          value,
        );
        // Nothing frozen is no first step on the scale of frozen depths, so its colour is not on it either.
        const colour = n === -1 ? colours.vermilion : rankColour(d / Math.max(1, depths.length - 1));
        const thick = n === recommended.n && strategy === recommended.strategy;
        data.push({
          type: "scatter",
          mode: "lines+markers",
          name: `N = ${formatN(n)}`,
          legendgroup: n,
          legendrank: d,
          showlegend: panel === 0,
          x: points.map(({ epoch }) => epoch),
          y: points.map(({ y }) => y),
          xaxis: `x${id}`,
          yaxis: `y${id}`,
          line: { color: colour, width: thick ? 5 : 2 },
          marker: { color: colour, size: thick ? 11 : 8, symbol: symbol(d) },
          customdata: points.map(({ seeds }) => seeds),
          hovertemplate: `N = ${formatN(n)}<br>epoch %{x}<br>${name} %{y:.4f}<br>seeds %{customdata}<extra>${plotText(strategy)}</extra>`,
        });
      }
      axes[`xaxis${id}`] = axis(s === strategies.length - 1 ? "Epoch" : "", {
        domain: across[c],
        anchor: `y${id}`,
        tickformat: "d",
        dtick: Math.ceil((lastEpoch - firstEpoch + 1) / 6),
        range: [firstEpoch - margin, lastEpoch + margin],
        zeroline: false,
      });
      axes[`yaxis${id}`] = axis(c === 0 && strategies.length > 1 ? `<b>${plotText(strategy)}</b>` : "", {
        domain: down[s],
        anchor: `x${id}`,
        zeroline: false,
        // One scale down each column.
        ...(s > 0 && { matches: c === 0 ? "y" : `y${c + 1}` }),
      });
    }
  return {
    data,
    layout: layout(
      "Learning curves",
      [
        `${seeds === "1 seed" ? "One seed" : `Mean of ${seeds}`}; thick: recommended (N = ${formatN(recommended.n)})`,
      ],
      plotHeight,
      Math.ceil(depths.length / 5),
      { ...axes, annotations: columns.map(([name], c) => panelTitle(name, across[c])) },
    ),
  };
}

function panelTitle(name: string, [from, to]: [number, number]): object {
  return {
    text: `<b>${name}</b>`,
    xref: "paper",
    x: (from + to) / 2,
    xanchor: "center",
    yref: "paper",
    y: 1,
    yanchor: "bottom",
    showarrow: false,
  };
}

function byEpoch(trials: TrialRecord[], value: (epoch: EpochRecord) => number | null | undefined) {
  const epochs = trials.flatMap((trial) => trial.epochs).filter((epoch) => Number.isFinite(value(epoch)));
  return [...groupBy(epochs, ({ epoch }) => epoch)]
    .sort(([a], [b]) => a - b)
    .map(([epoch, those]) => ({
      epoch,
      y: mean(those.map((each) => value(each) as number)),
      seeds: those.length,
    }));
}
