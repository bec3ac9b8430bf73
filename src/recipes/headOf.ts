import type { Classifier } from "../models/Classifier";

/** The names of the head's parameters, which learn under every recipe. */
export const headOf = (model: Classifier): Set<string> =>
  new Set(model.stages.at(-1)!.parameters.map(({ name }) => name));
