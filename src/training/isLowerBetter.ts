const LOWER = new Set(["loss", "logLoss", "rmse", "mcrmse", "mae"]);

/** Whether less of a metric is better, as of an error; that of one target is told by its metric. */
export const isLowerBetter = (metric: string): boolean => LOWER.has(metric.split(":", 1)[0]);
