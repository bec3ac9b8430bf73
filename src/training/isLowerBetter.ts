import type { MetricChoice } from "./CustomMetric";

const LOWER = new Set(["loss", "logLoss", "rmse", "mcrmse", "mae"]);

/** Whether less of a metric is better, as of an error; that of one target is told by its metric, one of the user's own says it. */
export const isLowerBetter = (metric: MetricChoice): boolean =>
  typeof metric === "string" ? LOWER.has(metric.split(":", 1)[0]) : metric.greaterIsBetter === false;
