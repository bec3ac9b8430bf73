import type { Labels } from "./labels";
import { labelWidth } from "./labelWidth";

/** What a linear fit is fitted to: classes and labels as 0 and 1, or the values. [rows, labels] of the rows of these numbers. */
export function labelTargets(labels: Labels, numbers: ArrayLike<number>): Float64Array {
  const width = labelWidth(labels);
  const targets = new Float64Array(numbers.length * width);
  for (let r = 0; r < numbers.length; r++) {
    const row = numbers[r];
    if (labels.problemType === "single_label_classification") targets[r * width + labels.ids[row]] = 1;
    else for (let c = 0; c < width; c++) targets[r * width + c] = labels.values[row * width + c];
  }
  return targets;
}
