import { InputError } from "../errors";
import type { ProbedDepth } from "../probe/probeDepths";
import type { DepthSummary } from "../sweep/summarize";
import { colours } from "./theme";

/**
 * A thin dotted line through what a linear probe of each depth scores, as far as the sweep's depths reach. Throws an InputError where it
 * was judged by another metric than they are.
 */
export function probeLine(
  probe: readonly ProbedDepth[],
  rows: DepthSummary[],
  metric: string,
  label: string,
): Record<string, unknown> {
  const other = probe.find((each) => each.metric !== metric);
  if (other)
    throw new InputError(
      `probe: expected scores in ${metric}, by which the depths are judged, got ${other.metric}; leave probe out`,
    );
  const depths = rows.filter(({ recipe }) => !recipe).map(({ n }) => n);
  const shown = probe.filter(({ n }) => n >= Math.min(...depths) && n <= Math.max(...depths));
  return {
    type: "scatter",
    mode: "lines",
    name: "linear probe, untrained",
    x: shown.map(({ n }) => n),
    y: shown.map(({ score }) => score),
    line: { color: colours.black, width: 1, dash: "dot" },
    customdata: shown.map(({ logMe, variability }) => [
      logMe.toFixed(4),
      variability === null ? "" : `<br>variability ${variability.toFixed(4)}`,
    ]),
    hovertemplate: `after %{x} blocks, without training<br>${label} of a linear probe %{y:.4f}<br>LogME %{customdata[0]}%{customdata[1]}<extra></extra>`,
  };
}
