import { greatest, least } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import type { RateCurve } from "../search/findLearningRate";
import { formatRate } from "../text/numbers";
import { formatN } from "../text/trialTitle";
import type { Figure } from "./figure";
import { axis, colours, layout, rankColour, symbol } from "./theme";

/**
 * The smoothed loss over the learning rate, a line for each depth, as `findLearningRate` found it; the rate that is suggested is marked.
 *
 * @throws InputError for anything but such curves
 * @example
 * ```ts
 * await show(learningRateFigure(await findLearningRate(model, { train }, { n: [-1, 4, 6] })));
 * ```
 */
export function learningRateFigure(curves: RateCurve[]): Figure;
export function learningRateFigure(curves: RateCurve[], ...more: unknown[]): Figure {
  noOptions("learningRateFigure", more);
  checkArguments("learningRateFigure", { curves });
  const depths = curves.map(({ n }) => n).sort((a, b) => a! - b!);
  const lines = curves.flatMap(({ n, learningRate, tried }) => {
    const rank = depths.indexOf(n);
    // As in the learning curves: nothing frozen is no first step on the scale of frozen depths.
    const colour = n === -1 ? colours.vermilion : rankColour(rank / Math.max(1, depths.length - 1));
    const name = n === null ? "smoothed loss" : `N = ${formatN(n)}`;
    const common = { type: "scatter", legendgroup: rank, legendrank: rank, showlegend: false };
    const line = {
      ...common,
      mode: "lines",
      name: learningRate === null ? `${name}: none` : `${name}: ${formatRate(learningRate)}`,
      showlegend: true,
      x: tried.map((each) => each.learningRate),
      y: tried.map(({ smoothed }) => smoothed),
      line: { color: colour, width: 2.5 },
      customdata: tried.map(({ loss }) => loss),
      hovertemplate: `${name}<br>rate %{x:.2e}<br>smoothed loss %{y:.4f}<br>loss %{customdata:.4f}<extra></extra>`,
    };
    if (learningRate === null) return [line];
    const marked = {
      ...common,
      mode: "markers",
      name: `${name}, suggested`,
      x: [learningRate],
      y: [smoothedAt(tried, learningRate)],
      marker: { color: colour, size: 13, symbol: symbol(rank), line: { color: "#FFFFFF", width: 1.5 } },
      hovertemplate: `${name}<br>suggested: ${formatRate(learningRate)}<extra></extra>`,
    };
    return [line, marked];
  });
  const smoothed = curves.flatMap(({ tried }) => tried.map((each) => each.smoothed));
  const first = greatest(curves.flatMap(({ tried }) => tried.slice(0, 1).map((each) => each.smoothed)));
  const [low, high] = [
    least(smoothed),
    Math.min(greatest(smoothed), first + 0.4 * (first - least(smoothed))),
  ];
  const margin = 0.06 * (high - low || 1);
  return {
    data: lines,
    layout: layout(
      "Learning rates tried",
      [
        "Loss of the training rows, smoothed, while the rate rises from step to step; marked: a third",
        "of the rate where it was least, which is the peak rate to try first",
      ],
      300,
      Math.ceil(curves.length / 4),
      {
        xaxis: axis("Learning rate", { type: "log", exponentformat: "power", dtick: 1, zeroline: false }),
        yaxis: axis("Smoothed loss", {
          ...(Number.isFinite(high) && { range: [low - margin, high + margin] }),
          zeroline: false,
        }),
      },
    ),
  };
}

/** On the line between the two rates beside it. */
function smoothedAt(tried: RateCurve["tried"], rate: number): number {
  const after = Math.max(
    1,
    tried.findIndex((each) => each.learningRate >= rate),
  );
  const [a, b] = [tried[after - 1], tried[after]];
  const share = Math.log(rate / a.learningRate) / Math.log(b.learningRate / a.learningRate);
  return a.smoothed + share * (b.smoothed - a.smoothed);
}
