import type { SearchResult } from "../../src/search/SearchOptions";
import { oneStandardErrorRule } from "../../src/sweep/oneStandardErrorRule";
import type { TrialRecord } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { formatRate } from "../../src/text/numbers";
import { formatN } from "../../src/text/trialTitle";

/**
 * How long the search of `npm start` took, beside one fine-tuning with nothing frozen and the whole sweep, and what each said. A trial
 * that both have counts for both, and so does the forward through the frozen part.
 */
export function demoTable(
  records: TrialRecord[],
  found: Pick<SearchResult, "n" | "learningRate" | "records">,
  rate: number,
): string {
  const frozen = sum(records.map(({ frozenSeconds }) => frozenSeconds));
  const ofSweep = records.filter(({ settings }) => settings!.learningRate === rate);
  const none = ofSweep.filter(({ n }) => n === -1);
  const curve = oneStandardErrorRule(summarize(records));
  const took = (trials: TrialRecord[], forward: number) =>
    `${(sum(trials.map(trainingSeconds)) + forward).toFixed(1)} (${trials.length})`;
  const choice = (n: number, learningRate: number) => `N = ${formatN(n)} at rate ${formatRate(learningRate)}`;
  const lines = [
    ["", "the search", "one fine-tuning, nothing frozen", "the sweep"],
    ["---", "---", "---", "---"],
    ["seconds (trainings)", took(found.records, frozen), took(none, 0), took(ofSweep, frozen)],
    ["takes", choice(found.n, found.learningRate), "", choice(curve.n, curve.learningRate!)],
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

/** What the search did not look at, the validation rows after the other epochs, is not in its seconds. */
const trainingSeconds = ({ epochs }: TrialRecord) =>
  sum(epochs.map(({ trainSeconds, evalSeconds }) => trainSeconds + evalSeconds));
