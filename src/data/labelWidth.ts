import type { Labels } from "./labels";

/** How many outputs a row of these labels has: one for each class or target. */
export const labelWidth = (labels: Labels): number => labels.classes?.length ?? 1;

/** How many rows these labels are of. */
export const labelRows = (labels: Labels): number =>
  labels.problemType === "single_label_classification"
    ? labels.ids.length
    : labels.values.length / labelWidth(labels);
