import type { Rounds } from "./contest";
import type { SearchVerdict } from "./judgeSearch";

/** A search that agrees with the grid, at half the time of a fine-tuning, but for what is given. */
export const fakeVerdict = (given: Partial<SearchVerdict> = {}): SearchVerdict => ({
  search: { n: 4, learningRate: 1e-3 },
  grid: { n: 4, learningRate: 1e-3 },
  seeds: 5,
  difference: null,
  regret: 0,
  agrees: true,
  time: { none: 0.5, noneCpu: 0.4, sweep: 0.125, grid: 0.0625 },
  ...given,
});

export const fakeCase = (given: Partial<SearchVerdict> = {}): Rounds => ({
  kit: [{ search: fakeVerdict(given), rows: [300, 600] }],
  peer: [],
});

/** One that is too deep. */
export const WRONG: Partial<SearchVerdict> = {
  search: { n: 6, learningRate: 3e-2 },
  difference: { mean: -0.0625, low: -0.125, high: -0.03125, standardError: 0.03125, draws: 10_000 },
  regret: 2,
  agrees: false,
  time: { none: 1.5, noneCpu: 1.25, sweep: 0.25, grid: 0.125 },
};
