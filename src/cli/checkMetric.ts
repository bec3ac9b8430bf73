import type { Labels } from "../data/labels";
import { checkMetrics } from "../training/checkMetrics";

/** Throws unless trainings on rows with these labels can be scored by these metrics: better now than after the first one. */
export function checkMetric(
  { metric, metrics = [] }: { metric?: string; metrics?: string[] },
  labels: Labels,
): void {
  if (metric !== undefined) checkMetrics("--metric", [metric], labels, ["loss"]);
  checkMetrics("--metrics", metrics, labels);
}
