import { isLowerBetter } from "../training/isLowerBetter";
import type { RateSummary } from "./summarize";

/** Whether a mean score is better than another, by more than means of the same numbers in another order differ. */
export function isBetter(a: Pick<RateSummary, "score" | "metric">, b: Pick<RateSummary, "score">): boolean {
  const gain = a.score.mean - b.score.mean;
  return (isLowerBetter(a.metric) ? -gain : gain) > 1e-12;
}
