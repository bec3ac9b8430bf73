const labels: Record<string, string> = {
  loss: "Validation loss",
  f1: "F1",
  mcc: "MCC",
  rmse: "RMSE",
  rocAuc: "ROC-AUC",
  logLoss: "Log loss",
};

/** A metric's name as a figure's axis shows it. */
export function metricLabel(metric: string): string {
  return labels[metric] ?? metric[0].toUpperCase() + metric.slice(1);
}
