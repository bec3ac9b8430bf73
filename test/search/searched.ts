import type { SearchResult } from "../../src/search/SearchOptions";

/** What a search of six blocks might come to. */
export function searched(given: Partial<SearchResult> = {}): SearchResult {
  const unknown = { learningRate: null, difference: null };
  const difference = (mean: number, low: number, high: number) => ({
    mean,
    low,
    high,
    standardError: 0.005,
    draws: 10_000,
  });
  return {
    ...{ n: 5, learningRate: 1e-3, metric: "accuracy", sentence: "N = 5 at 1e-3: the deepest." },
    depths: [
      { n: -1, state: "dropped", score: null, cost: 0.75, ...unknown },
      { n: 3, state: "predicted", score: 0.9097, cost: 0.308, ...unknown },
      {
        n: 4,
        state: "measured",
        learningRate: 1e-3,
        score: 0.9074,
        cost: 0.168,
        difference: difference(0.0046, -0.0047, 0.0139),
      },
      { n: 5, state: "measured", learningRate: 1e-3, score: 0.9028, cost: 0.028, difference: null },
      {
        n: 6,
        state: "measured",
        learningRate: 3e-2,
        score: 0.8935,
        cost: 0.004,
        difference: difference(-0.0093, -0.0269, 0.0083),
      },
    ],
    ...{ records: [], failed: [], cost: 0.45, seconds: 9.5, aborted: false, folder: "runs/search" },
    ...given,
  };
}
