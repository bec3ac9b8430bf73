import { rateOf } from "./rateOf";
import type { TrialRecord } from "./record";
import type { Trial } from "./trial";

/** What tells a trial from the others of its sweep, the same for its plan and its record: how it freezes, its rate and its seed. */
export const trialKey = (trial: Trial | TrialRecord): string =>
  JSON.stringify([trial.strategy, trial.n, rateOf(trial), trial.seed]);
