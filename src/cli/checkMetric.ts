import { checkOneOf } from "../check";
import type { Labels } from "../data/textDataset";
import { metrics } from "../training/metrics";

/** Throws unless trainings on rows with these labels will be scored by this metric: better now than after the first one. */
export function checkMetric(name: string, labels: Labels): void {
  const outputs =
    labels.problemType === "single_label_classification"
      ? new Float32Array(labels.ids.length * labels.classes.length)
      : labels.values;
  checkOneOf("--metric", name, ["loss", ...Object.keys(metrics(outputs, labels))]);
}
