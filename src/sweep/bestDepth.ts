import { isLowerBetter } from "../training/isLowerBetter";
import { isBetter } from "./isBetter";
import type { DepthSummary } from "./summarize";

/**
 * The rows that compete, the deepest freeze first and of one depth the better one, and which of them has the best mean score. Recipes have
 * no depth: they compete where there is nothing else.
 */
export function bestDepth(all: readonly DepthSummary[]): {
  byDepth: DepthSummary[];
  best: DepthSummary | null;
} {
  const frozen = all.filter((row) => !row.recipe);
  const rows = frozen.length > 0 ? frozen : all;
  const sign = rows.length > 0 && isLowerBetter(rows[0].metric) ? -1 : 1;
  const byDepth = rows.toSorted((a, b) => b.n - a.n || sign * (b.score.mean - a.score.mean));
  let best: DepthSummary | null = null;
  for (const row of byDepth) if (best === null || isBetter(row, best)) best = row;
  return { byDepth, best };
}
