import type { Labels } from "../data/labels";
import { ENTITY_METRICS } from "./scorers/entityScorer";

/** The names of the metrics that rows with these labels are scored by in any case: `rocAuc` where each class has rows, and other classes have some. */
export function metricNames(labels: Labels): string[] {
  if (labels.problemType === "regression") return ["rmse"];
  const classes = labels.classes.length;
  const counts = new Array<number>(classes).fill(0);
  if (labels.problemType === "single_label_classification") for (const id of labels.ids) counts[id]++;
  else
    labels.values.forEach((value, i) => {
      if (value >= 0.5) counts[i % classes]++;
    });
  const single = labels.problemType === "single_label_classification";
  const rows = single ? labels.ids.length : labels.values.length / classes;
  const ranked = counts.every((count) => count > 0 && count < rows);
  const entities = "sequences" in labels && labels.sequences ? ENTITY_METRICS : [];
  return [
    ...entities,
    "accuracy",
    "f1",
    ...(single ? ["mcc"] : []),
    ...(ranked ? ["rocAuc"] : []),
    "logLoss",
  ];
}
