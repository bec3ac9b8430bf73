import type { Labels } from "../data/labels";
import { InputError } from "../errors";
import type { LossOptions } from "./loss";

/** The weight of each class in the loss, in the order of the logits; throws an InputError where they do not fit the labels. */
export function classWeightsOf(
  labels: Exclude<Labels, { problemType: "regression" }>,
  weights: LossOptions["classWeights"],
): number[] {
  const classes = labels.classes.length;
  if (weights === undefined) return new Array(classes).fill(1);
  if (weights !== "balanced") {
    if (weights.length !== classes || weights.some((weight) => !(weight >= 0 && Number.isFinite(weight))))
      throw new InputError(
        `classWeights: expected ${classes} weights of at least 0 for ${labels.classes.join(", ")}, got ${JSON.stringify(weights)}`,
      );
    if (weights.every((weight) => weight === 0))
      throw new InputError("classWeights: expected a weight above 0 for at least one class, got 0 for all");
    return weights;
  }
  if (labels.problemType === "multi_label_classification")
    throw new InputError('classWeights: "balanced" is for single labels; give one weight per label');
  const counts = new Array(classes).fill(0);
  for (const id of labels.ids) counts[id]++;
  // A class without rows weighs nothing, since nothing weighs it.
  return counts.map((count) => (count === 0 ? 0 : labels.ids.length / (classes * count)));
}
