import { checkOneOf } from "../check";
import type { Labels } from "../data/textDataset";
import { metricNames } from "../training/metrics";

/** Throws unless trainings on rows with these labels will be scored by this metric: better now than after the first one. */
export function checkMetric(name: string, labels: Labels): void {
  checkOneOf("--metric", name, ["loss", ...metricNames(labels)]);
}
