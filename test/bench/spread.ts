/** What several rounds came to. */
export interface Spread {
  median: number;
  least: number;
  greatest: number;
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: median(values), least: sorted[0], greatest: sorted[sorted.length - 1] };
}

/** That of an even number of values is the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
