import type { SequenceClassifier } from "../models/SequenceClassifier";

/** The names of the head's parameters, which learn under every recipe. */
export const headOf = (model: SequenceClassifier): Set<string> =>
  new Set(model.stages.at(-1)!.parameters.map(({ name }) => name));
