import type { Labels } from "../data/labels";
import { labelWidth } from "../data/labelWidth";
import type { OutOfFold } from "./CrossValidation";

/** What the file is called in a cross-validation's folder. */
export const OUT_OF_FOLD = "out_of_fold.csv";

/** Of rows that have names, or numbers. */
export const outOfFoldHeader = (labels: Labels, named: boolean): string[] => [
  named ? "id" : "row",
  "fold",
  "label",
  ...(labels.classes ?? ["prediction"]),
];

/** The file's lines, the header first; `labels` are those of the whole dataset. */
export function outOfFoldTable(
  { rows, folds, probabilities }: Omit<OutOfFold, "labels">,
  labels: Labels,
  ids: readonly string[] | null,
): string[][] {
  const width = labelWidth(labels);
  const lines = Array.from(rows, (row, i) => [
    ids ? ids[row] : String(row),
    String(folds[i]),
    labelText(labels, row),
    ...Array.from(probabilities.subarray(i * width, (i + 1) * width), shortest),
  ]);
  return [outOfFoldHeader(labels, ids !== null), ...lines];
}

/** What is true of a row, as a cell: its class, its labels or its values, joined by spaces. */
export function labelText(labels: Labels, row: number): string {
  if (labels.problemType === "single_label_classification") return labels.classes[labels.ids[row]];
  const width = labelWidth(labels);
  const values = labels.values.subarray(row * width, (row + 1) * width);
  return labels.problemType === "regression"
    ? Array.from(values, shortest).join(" ")
    : labels.classes.filter((_, c) => values[c] >= 0.5).join(" ");
}

/** A float32 in as few digits as it reads back from. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
