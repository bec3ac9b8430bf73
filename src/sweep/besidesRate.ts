/** A trial's settings as they are in its record, but for what may differ within a sweep: the learning rate, and metrics that are computed besides. */
export function besidesRate(settings: object = {}): Record<string, unknown> {
  const { learningRate, metrics, ...others } = JSON.parse(JSON.stringify(settings)) as Record<
    string,
    unknown
  >;
  return others;
}
