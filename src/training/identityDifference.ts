import { differences } from "../text/differences";
import type { RunIdentity } from "./runIdentity";

/**
 * How the run that a state is of differs from the one that begins now, in words; null where it is the same. Weights and flags are not
 * compared, since a run that was stopped may have changed them meanwhile, nor what computes: see `computedOtherwise`.
 */
export function identityDifference(there: RunIdentity, here: RunIdentity): string | null {
  const settings = differences(there.settings, here.settings);
  if (settings !== null) return settings;
  if (there.train !== here.train) return "other rows to train on";
  if (there.valid !== here.valid) return "other rows to validate on";
  if (there.model.hash !== here.model.hash) return "another model: its config, classes or adapters differ";
  return there.rates === here.rates ? null : "parameterGroups that give other rates";
}
