import { training } from "../options/table";
import type { TrialRecord } from "./record";
import type { Trial } from "./trial";

/** What a rate is read from: a trial, planned or recorded. */
type Rated = Pick<Trial, "recipe"> | Pick<TrialRecord, "recipe" | "settings" | "about">;

/** The peak learning rate that a trial trains at, its recipe's own above the sweep's; null for a record that does not say. */
export function rateOf(trial: Rated): number | null {
  const { recipe, settings, about } = trial as Pick<TrialRecord, "settings" | "about"> &
    Pick<Trial, "recipe">;
  const rate = recipe?.learningRate ?? settings?.learningRate ?? about?.options?.learningRate;
  if (typeof rate === "number") return rate;
  return settings === undefined ? null : training.learningRate.default;
}
