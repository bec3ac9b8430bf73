import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { oneStandardErrorRule, type Recommendation } from "./oneStandardErrorRule";
import type { TrialRecord } from "./record";
import { type SummaryOptions, summarize } from "./summarize";

/**
 * The deepest freeze whose mean score is within one standard error of the best one's: as many frozen blocks as the
 * measurements allow. -1 when freezing anything at all costs more than chance would. `metric` is accuracy unless named.
 *
 * @throws InputError for no records, records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * const n = recommendN(latestSweep(readRecords("runs/train/records.jsonl")));
 * if (n >= 0) topNLayerFreeze(model, n); // -1: freeze nothing
 * ```
 */
export function recommendN(records: TrialRecord[], options: SummaryOptions = {}): number {
  const read = readOptions("recommendN", options);
  checkArguments("recommendN", { records });
  return explainN(records, read).n;
}

/**
 * The same with its reasons: the best depth, the standard error, and a sentence.
 *
 * @throws InputError for no records, records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * const { n, sentence } = explainN(records);
 * console.log(n, sentence);
 * ```
 */
export function explainN(records: TrialRecord[], options: SummaryOptions = {}): Recommendation {
  const read = readOptions("explainN", options);
  checkArguments("explainN", { records });
  return oneStandardErrorRule(summarize(records, read));
}
