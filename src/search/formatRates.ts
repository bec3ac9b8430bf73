import { alignTable } from "../text/alignTable";
import { formatRate, formatScore } from "../text/numbers";
import { formatN } from "../text/trialTitle";
import type { RateCurve } from "./findLearningRate";

/** The rates that were suggested, as an aligned table for a console. */
export function formatRates(curves: readonly RateCurve[]): string {
  const rows = curves.map(({ n, learningRate, tried, ended }) => [
    n === null ? "as it stands" : formatN(n),
    learningRate === null ? "none: the loss did not fall" : formatRate(learningRate),
    formatScore(Math.min(...tried.map(({ smoothed }) => smoothed))),
    String(tried.length),
    ended === "diverged"
      ? `the loss diverged at ${formatRate(Number(tried.at(-1)!.learningRate.toPrecision(2)))}`
      : "",
  ]);
  return alignTable([["N", "suggested rate", "least smoothed loss", "steps", ""], ...rows], [0, 2, 3]);
}
