import { InputError } from "../errors";
import { freezeWhere } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { headOf } from "./headOf";

/** Freezes all but the head and what matches; returns the frozen names. Thaws nothing. */
export function trainOnly(model: Classifier, what: string, pattern: RegExp): string[] {
  const head = headOf(model);
  if (!model.namedParameters().some(([name]) => !head.has(name) && pattern.test(name)))
    throw new InputError(
      `expected ${what} below the head, got a ${model.modelType} that has none; freeze by topNLayerFreeze instead`,
    );
  return freezeWhere(model, (name) => !head.has(name) && !pattern.test(name));
}
