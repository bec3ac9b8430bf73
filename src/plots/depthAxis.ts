import type { Recommendation } from "../sweep/oneStandardErrorRule";
import { formatN } from "../sweep/record";
import type { DepthSummary } from "../sweep/summarize";
import { axis, colours } from "./theme";

/** The axis of N: a tick at every depth tried and nowhere else, "none" at -1. */
export function depthAxis(rows: DepthSummary[], more: Record<string, unknown> = {}): Record<string, unknown> {
  const depths = [...new Set(rows.map((row) => row.n))].sort((a, b) => a - b);
  return axis("Frozen blocks N (0: embeddings only, none: nothing frozen)", {
    tickvals: depths,
    ticktext: depths.map(formatN),
    range: [depths[0] - 0.6, depths[depths.length - 1] + 0.6],
    showgrid: false,
    zeroline: false,
    tickangle: 0,
    ...more,
  });
}

/** A dotted line at the recommended depth, and its name above it: in the `panel`th pair of axes, or up the whole figure. */
export function markRecommended(
  { n }: Recommendation,
  rows: DepthSummary[],
  panel?: number,
): { shape: object; annotation: object } {
  const before = rows.some((row) => row.n < n);
  const behind = rows.some((row) => row.n > n);
  // Centred at either end the text would leave the picture.
  const xanchor = before === behind ? "center" : before ? "right" : "left";
  const id = panel ? panel + 1 : "";
  const place = { xref: `x${id}`, yref: panel === undefined ? "paper" : `y${id} domain` };
  return {
    shape: {
      type: "line",
      ...place,
      x0: n,
      x1: n,
      y0: 0,
      y1: 1,
      layer: "below",
      line: { color: colours.black, width: 1.5, dash: "dot" },
    },
    annotation: {
      ...place,
      x: n,
      y: 1,
      xanchor,
      yanchor: "bottom",
      showarrow: false,
      text: `<b>recommended: N = ${formatN(n)}</b>`,
      font: { size: 13 },
    },
  };
}
