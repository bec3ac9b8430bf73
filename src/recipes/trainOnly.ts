import { InputError } from "../errors";
import { summarized } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { headOf } from "./headOf";

/** Lets the head and what matches learn, and freezes all else, whatever was frozen before; returns the frozen names. */
export function trainOnly(model: Classifier, what: string, pattern: RegExp): string[] {
  const head = headOf(model);
  const all = model.namedParameters();
  if (!all.some(([name]) => !head.has(name) && pattern.test(name)))
    throw new InputError(
      `expected ${what} below the head, got a ${model.modelType} that has none; freeze by topNLayerFreeze instead`,
    );
  const learns = new Set(
    all.flatMap(([name, parameter]) => (head.has(name) || pattern.test(name) ? [parameter] : [])),
  );
  const adapters = all.filter(([, parameter]) => parameter.origin === "adapter" && parameter.requiresGrad);
  for (const [, parameter] of all) parameter.requiresGrad = learns.has(parameter);
  if (adapters.length > 0)
    console.warn(
      `frostkit: LoRA's ${adapters.length} adapter weights are frozen with the rest, and still add to the model's outputs; removeLora(model) takes them off`,
    );
  const frozen = all.flatMap(([name, { requiresGrad }]) => (requiresGrad ? [] : [name]));
  return summarized(all, frozen, false);
}
