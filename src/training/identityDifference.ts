import { OPTIONS } from "../options/table";
import { differences } from "../text/differences";
import type { RunIdentity } from "./runIdentity";

/**
 * How the run that a state is of differs from the one that begins now, in words; null where it is the same. Weights and flags are not
 * compared, since a run that was stopped may have changed them meanwhile, nor versions of what computes: see `computedOtherwise`.
 */
export function identityDifference(there: RunIdentity, here: RunIdentity): string | null {
  const [was, is] = [there, here].map(({ work = "fineTune" }) => work);
  if (was !== is) return `a run of ${was}, here of ${is}`;
  const settings = differences(filled(there.settings), filled(here.settings));
  if (settings !== null) return settings;
  if (there.train !== here.train) return "other rows to train on";
  if (there.valid !== here.valid) return "other rows to validate on";
  if (there.model.hash !== here.model.hash) return "another model: its config, classes or adapters differ";
  if (there.engine.name !== here.engine.name) return `engine ${there.engine.name}, here ${here.engine.name}`;
  return there.rates === here.rates ? null : "parameterGroups that give other rates";
}

/** A state lacks the options that have been added since it was written: it was trained as their defaults say. */
const DEFAULTS = Object.fromEntries(
  Object.entries(OPTIONS.fineTune).flatMap(([name, option]) =>
    "default" in option ? [[name, option.default]] : [],
  ),
);

/** With the defaults; an empty list asks for nothing, as if it were left out. */
const filled = (settings: RunIdentity["settings"]) =>
  Object.fromEntries(
    Object.entries({ ...DEFAULTS, ...settings }).filter(
      ([, value]) => !Array.isArray(value) || value.length > 0,
    ),
  );
