import type { Command } from "commander";
import { checkInteger } from "../check";
import type { Dataset } from "../data/Rows";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { checkHeadInit } from "../training/checkHeadInit";
import { loadInputs } from "./loadInputs";
import type { DataFlags, TrainingFlags } from "./options";

/** Of a command that compares depths. */
type ComparingFlags = DataFlags & Omit<TrainingFlags, "learningRate"> & { n?: number[] };

/**
 * What `loadInputs` gives a command that compares depths: with rows to compare them by. `prepare` is asked what else is wrong with the
 * input, once the depths are known to be the model's.
 */
export async function loadCompared(
  flags: ComparingFlags,
  command: Command,
  options: { seed: number; signal: AbortSignal; prepare?: (model: Classifier) => void },
): Promise<{ model: Classifier; train: Dataset; valid: Dataset }> {
  const { model, train, valid } = await loadInputs(flags, command, {
    ...options,
    prepare(model) {
      for (const value of flags.n ?? []) checkInteger("--n", value, -1, model.depth);
      options.prepare?.(model);
      if (flags.headInit === "probe") checkHeadInit(model);
      if (flags.valid === undefined && flags.validFraction === 0)
        throw new InputError(
          "--valid-fraction: expected a share above 0, or --valid rows to compare depths by",
        );
    },
  });
  return { model, train, valid: valid! };
}
