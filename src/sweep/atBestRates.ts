import { rateOf } from "./rateOf";
import type { TrialRecord } from "./record";
import type { DepthSummary } from "./summarize";

/** The trials whose results stand in the rows: those of each depth's best rate. */
export function atBestRates(records: TrialRecord[], rows: DepthSummary[]): TrialRecord[] {
  const best = new Map(rows.map(({ strategy, n, learningRate }) => [`${strategy} ${n}`, learningRate]));
  return records.filter((record) => best.get(`${record.strategy} ${record.n}`) === rateOf(record));
}
