/**
 * A trial's settings as they are in its record, but for what may differ within a sweep: the learning rate, metrics that are computed
 * besides, and a metric that none of its epochs is chosen by.
 */
export function besidesRate(settings: object = {}): Record<string, unknown> {
  const { learningRate, metric, metrics, ...others } = JSON.parse(JSON.stringify(settings)) as Record<
    string,
    unknown
  >;
  const chooses = others.earlyStopping !== undefined || others.restoreBest === true;
  return chooses ? { ...others, metric } : others;
}
