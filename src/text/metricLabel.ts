const labels: Record<string, string> = {
  loss: "Validation loss",
  f1: "F1",
  entityF1: "Entity F1",
  entityPrecision: "Entity precision",
  entityRecall: "Entity recall",
  mcc: "MCC",
  rmse: "RMSE",
  mcrmse: "MCRMSE",
  mae: "MAE",
  r2: "R²",
  pearson: "Pearson's correlation",
  spearman: "Spearman's correlation",
  quadraticKappa: "Quadratic weighted kappa",
  macroF1: "Macro F1",
  microF1: "Micro F1",
  weightedF1: "Weighted F1",
  balancedAccuracy: "Balanced accuracy",
  rocAuc: "ROC-AUC",
  logLoss: "Log loss",
};

/** A metric's name as a figure's axis shows it. */
export function metricLabel(metric: string): string {
  const [, name, of] = /^([^:]*)(?::(.*))?$/s.exec(metric)!;
  const label = labels[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);
  return of === undefined ? label : `${label} of ${of}`;
}
