/** A trial's settings as they are in its record, but for the learning rate, which may differ within a sweep. */
export function besidesRate(settings: object = {}): Record<string, unknown> {
  const { learningRate, ...others } = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
  return others;
}
