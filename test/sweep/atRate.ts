import type { TrialRecord } from "../../src/sweep/record";
import { fakeRecord } from "./fakeRecord";

/** A record of a sweep that tries several learning rates, as such a sweep names it. */
export function atRate(learningRate: number, given: Partial<TrialRecord> = {}): TrialRecord {
  const { strategy = "freeze", n = 0, seed = 0 } = given;
  return fakeRecord({
    trial: `${strategy} n=${n} lr=${learningRate} seed=${seed}`,
    learningRate,
    ...given,
    settings: { epochs: 2, ...given.settings, learningRate },
  });
}
