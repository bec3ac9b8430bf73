import { formatRate } from "../text/numbers";
import { trialTitle } from "../text/trialTitle";
import type { DepthSummary } from "./summarize";

/** What a row is called: "N = 3", or the recipe's name; where it was tried at several rates "N = 3 at rate 1e-3". */
export function titleAtRate(row: DepthSummary): string {
  const { learningRate, rates } = row;
  return trialTitle(row) + (rates.length > 1 ? ` at rate ${formatRate(learningRate!)}` : "");
}
