import { greatest, least } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { atBestRates } from "../sweep/atBestRates";
import { formatSeeds } from "../sweep/formatSummary";
import { groupBy } from "../sweep/groupBy";
import { mean } from "../sweep/mean";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import type { TrialRecord } from "../sweep/record";
import { epochScore, type Scored, summarize } from "../sweep/summarize";
import { metricLabel } from "../text/metricLabel";
import { plotText } from "../text/plotText";
import { trialTitle } from "../text/trialTitle";
import { titleOf } from "./depthAxis";
import type { Figure, FigureOptions } from "./figure";
import { axis, colours, layout, lineStyle, rankColour, split, symbol } from "./theme";

/**
 * Training loss, validation loss and the metric by epoch, with `evalEvery` also within epochs, side by side, a row of panels per strategy; one line per depth,
 * mean over the seeds that reached the epoch, at the depth's best learning rate. The recommended depth is drawn thick. Recipes share a row, a line each.
 *
 * @throws InputError for records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * await show(epochsFigure(records));
 * ```
 */
export function epochsFigure(records: TrialRecord[], options: FigureOptions = {}): Figure {
  const { metric } = readOptions("epochsFigure", options);
  checkArguments("epochsFigure", { records });
  const rows = summarize(records, { metric });
  const recommended = oneStandardErrorRule(rows);
  const trials = atBestRates(records, rows);
  const seeds = formatSeeds(rows);
  const columns: [string, (scored: Scored) => number | null | undefined][] = [
    ["Training loss", (epoch) => epoch.trainLoss],
    ["Validation loss", (epoch) => epoch.validLoss],
  ];
  // A metric that the trainings did not compute is known of the weights they ended with alone.
  if (trials.some((trial) => scoredOf(trial).some((epoch) => Number.isFinite(epochScore(epoch, metric)))))
    columns.push([metricLabel(metric), (epoch) => epochScore(epoch, metric)]);
  const frozen = trials.filter((record) => !record.recipe);
  const recipes = [
    ...groupBy(
      trials.filter((record) => record.recipe),
      (record) => record.strategy,
    ),
  ];
  const depths = [...new Set(frozen.map((record) => record.n))].sort((a, b) => a - b);
  const epochs = trials.flatMap((record) => scoredOf(record).map(({ epoch }) => epoch));
  const [firstEpoch, lastEpoch] = [least(epochs), greatest(epochs)];
  const margin = 0.1 * Math.max(1, lastEpoch - firstEpoch);
  const panelRows: [string, Line[]][] = [...groupBy(frozen, (record) => record.strategy)].map(
    ([strategy, trials]) => [
      strategy,
      depths.map((n, rank) => ({
        name: trialTitle({ strategy, n }),
        rank,
        // Nothing frozen is no first step on the scale of frozen depths, so its colour is not on it either.
        colour: n === -1 ? colours.vermilion : rankColour(rank / Math.max(1, depths.length - 1)),
        thick: n === recommended.n && strategy === recommended.strategy,
        trials: trials.filter((trial) => trial.n === n),
      })),
    ],
  );
  if (recipes.length > 0)
    panelRows.push([
      "recipes",
      recipes.map(([strategy, trials], i) => ({
        name: plotText(strategy),
        rank: depths.length + i,
        colour: lineStyle(i).line.color,
        thick: strategy === recommended.strategy,
        trials,
      })),
    ]);
  const plotHeight = 60 + 240 * panelRows.length;
  const across = split(columns.length, 0.1);
  const down = split(panelRows.length, 48 / plotHeight).reverse();

  const data: Figure["data"] = [];
  const axes: Figure["layout"] = {};
  for (const [s, [title, lines]] of panelRows.entries())
    for (const [c, [name, value]] of columns.entries()) {
      const panel = s * columns.length + c;
      const id = panel === 0 ? "" : panel + 1;
      // The thick line first, so that it covers no other.
      for (const { name: line, rank, colour, thick, trials } of lines.toSorted(
        (a, b) => +b.thick - +a.thick,
      )) {
        const points = byEpoch(trials, value);
        const row = rows.find(({ strategy, n }) => strategy === trials[0]?.strategy && n === trials[0].n);
        data.push({
          type: "scatter",
          mode: "lines+markers",
          name: line,
          legendgroup: rank,
          legendrank: rank,
          showlegend: c === 0 && (s === 0 || trials.some((trial) => trial.recipe)),
          x: points.map(({ epoch }) => epoch),
          y: points.map(({ y }) => y),
          xaxis: `x${id}`,
          yaxis: `y${id}`,
          line: { color: colour, width: thick ? 5 : 2 },
          marker: { color: colour, size: thick ? 11 : 8, symbol: symbol(rank) },
          customdata: points.map(({ seeds }) => seeds),
          hovertemplate: `${row ? titleOf(row) : line}<br>epoch %{x:.3~g}<br>${name} %{y:.4f}<br>seeds %{customdata}<extra>${plotText(title)}</extra>`,
        });
      }
      axes[`xaxis${id}`] = axis(s === panelRows.length - 1 ? "Epoch" : "", {
        domain: across[c],
        anchor: `y${id}`,
        tickformat: "d",
        dtick: Math.ceil((lastEpoch - firstEpoch + 1) / 6),
        range: [firstEpoch - margin, lastEpoch + margin],
        zeroline: false,
      });
      axes[`yaxis${id}`] = axis(c === 0 && panelRows.length > 1 ? `<b>${plotText(title)}</b>` : "", {
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
        `${seeds === "1 seed" ? "One seed" : `Mean of ${seeds}`}; thick: recommended (${panelRows.flatMap(([, lines]) => lines).find((line) => line.thick)!.name})`,
      ],
      plotHeight,
      Math.ceil((depths.length + recipes.length) / 5),
      { ...axes, annotations: columns.map(([name], c) => panelTitle(name, across[c])) },
    ),
  };
}

interface Line {
  name: string;
  rank: number;
  colour: string;
  thick: boolean;
  trials: TrialRecord[];
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

/** All that was scored, or what each epoch was where that is nothing. */
const scoredOf = ({ epochs, evaluations = [] }: TrialRecord): Scored[] =>
  evaluations.length > 0 ? evaluations : epochs;

function byEpoch(trials: TrialRecord[], value: (scored: Scored) => number | null | undefined) {
  const epochs = trials.flatMap(scoredOf).filter((epoch) => Number.isFinite(value(epoch)));
  return [...groupBy(epochs, ({ epoch }) => epoch)]
    .sort(([a], [b]) => a - b)
    .map(([epoch, those]) => ({
      epoch,
      y: mean(those.map((each) => value(each) as number)),
      seeds: those.length,
    }));
}
