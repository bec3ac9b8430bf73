import { least } from "../extremes";
import type { Recommendation } from "../sweep/oneStandardErrorRule";
import type { DepthSummary } from "../sweep/summarize";
import { titleAtRate } from "../sweep/titleAtRate";
import { formatShare } from "../text/numbers";
import { plotText } from "../text/plotText";
import { formatN } from "../text/trialTitle";
import { axis, colours } from "./theme";

/** Where each row stands along the axis: at its N, recipes behind the deepest freeze. */
export function placesOf(rows: DepthSummary[]): (row: DepthSummary) => number {
  const deepest = Math.max(-2, ...rows.filter((row) => !row.recipe).map((row) => row.n));
  const recipes = recipesOf(rows);
  return ({ strategy, n, recipe }) => (recipe ? deepest + 1 + recipes.indexOf(strategy) : n);
}

const recipesOf = (rows: DepthSummary[]): string[] => [
  ...new Set(rows.filter((row) => row.recipe).map((row) => row.strategy)),
];

/** The smallest distance between two neighbours along the axis; 1 where only one stands there. */
export function smallestGap(rows: DepthSummary[]): number {
  const places = [...new Set(rows.map(placesOf(rows)))].sort((a, b) => a - b);
  return places.length === 1 ? 1 : least(places.slice(1).map((at, i) => at - places[i]));
}

/** What a row is called in a figure: "N = 3", or the recipe's name, with its learning rate where several were tried. */
export const titleOf = (row: DepthSummary): string => plotText(titleAtRate(row));

/**
 * The axis of N: a tick at every depth tried and nowhere else, "none" at -1, and behind them one for each recipe. Beyond the first
 * and the last it goes on for `margin`.
 */
export function depthAxis(
  rows: DepthSummary[],
  { margin = 0.6, ...more }: { margin?: number; [key: string]: unknown } = {},
): Record<string, unknown> {
  const place = placesOf(rows);
  const labels = new Map(
    rows.map((row) => [place(row), row.recipe ? plotText(row.strategy) : formatN(row.n)]),
  );
  const places = [...labels.keys()].sort((a, b) => a - b);
  const recipes = recipesOf(rows).length > 0;
  return axis(`Frozen blocks N (0: embeddings only, none: nothing frozen)${recipes ? ", and recipes" : ""}`, {
    tickvals: places,
    ticktext: places.map((at) => labels.get(at)),
    range: [places[0] - margin, places[places.length - 1] + margin],
    showgrid: false,
    zeroline: false,
    tickangle: recipes ? -35 : 0,
    ...more,
  });
}

/** Pixels of a figure's usual width between its first and its last depth. */
const WIDTH = 560;

/**
 * Each row's cost as a share of the base, if there is one, as a text to stand beside its point: small where depths are many, and only as
 * many of them as find room; none where another row stands at the same place. Of costs that a frozen pass read from disk lowers,
 * `starred` marks those rows.
 */
export function shareLabels(
  rows: DepthSummary[],
  value: (row: DepthSummary) => number,
  { base, starred }: { base: DepthSummary | undefined; starred: boolean },
): { text: (row: DepthSummary) => string; size: number } {
  const place = placesOf(rows);
  const places = [...new Set(rows.map(place))].sort((a, b) => a - b);
  const room = WIDTH / places.length;
  const size = room > 64 ? 13 : 10;
  const every = Math.ceil((3.6 * size) / room);
  const labelled = new Set(
    places.filter((_, i) => i % every === 0).map((at) => rows.find((row) => place(row) === at)),
  );
  const share = (row: DepthSummary) => (base ? formatShare(value(row), value(base)) : "");
  const star = (row: DepthSummary) => (starred && row.frozenFromCache ? "*" : "");
  return { text: (row) => (labelled.has(row) ? share(row) + star(row) : ""), size };
}

/** Pixels that the recipes' slanted names take below the axis. */
export function labelHeight(rows: DepthSummary[]): number {
  return Math.max(0, ...recipesOf(rows).map((name) => Math.min(90, 10 + 5 * name.length)));
}

/** A dotted line at the recommended depth, and its name above it: in the `panel`th pair of axes, or up the whole figure. */
export function markRecommended(
  recommended: Recommendation,
  rows: DepthSummary[],
  panel?: number,
): { shape: object; annotation: object } {
  const place = placesOf(rows);
  const row = rows.find((row) => isRecommended(row, recommended))!;
  const n = place(row);
  const before = rows.some((row) => place(row) < n);
  const behind = rows.some((row) => place(row) > n);
  // Centred at either end the text would leave the picture.
  const xanchor = before === behind ? "center" : before ? "right" : "left";
  const id = panel ? panel + 1 : "";
  const refs = { xref: `x${id}`, yref: panel === undefined ? "paper" : `y${id} domain` };
  return {
    shape: {
      type: "line",
      ...refs,
      x0: n,
      x1: n,
      y0: 0,
      y1: 1,
      layer: "below",
      line: { color: colours.black, width: 1.5, dash: "dot" },
    },
    annotation: {
      ...refs,
      x: n,
      y: 1,
      xanchor,
      yanchor: "bottom",
      showarrow: false,
      text: `<b>recommended: ${titleOf(row)}</b>`,
      font: { size: 13 },
    },
  };
}

export const isRecommended = (row: DepthSummary, { strategy, n }: Recommendation): boolean =>
  row.strategy === strategy && row.n === n;
