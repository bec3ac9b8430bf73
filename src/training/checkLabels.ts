import type { Labels } from "../data/labels";
import { labelWidth } from "../data/labelWidth";
import { InputError } from "../errors";

/** Throws for labels that are not one for each row, or that no row can have: rows cut by hand may lack theirs. */
export function checkLabels(name: string, labels: Labels, rows: number): void {
  const single = labels.problemType === "single_label_classification";
  const values = single ? labels.ids : labels.values;
  const width = single ? 1 : labelWidth(labels);
  if (values.length !== rows * width)
    throw new InputError(
      `${name}: expected ${rows * width} labels for ${rows} rows, got ${values.length}; takeRows takes rows with their labels`,
    );
  const sequences = single ? labels.sequences : undefined;
  if (sequences && sequences.reduce((sum, length) => sum + length, 0) !== rows)
    throw new InputError(`${name}: expected texts of ${rows} words in all, got ${sequences}`);
  const last = single ? labels.classes.length - 1 : 1;
  const [fits, expected] = {
    single_label_classification: [
      (value: number) => Number.isInteger(value) && value >= 0 && value <= last,
      `a class from 0 to ${last}`,
    ] as const,
    multi_label_classification: [(value: number) => value >= 0 && value <= 1, "0 or 1"] as const,
    regression: [Number.isFinite, "a finite number"] as const,
  }[labels.problemType];
  const { weights } = labels;
  const soft = single ? labels.soft : undefined;
  const wide = rows * labelWidth(labels);
  for (const [what, given, count, most] of [
    ["weights", weights, rows, Number.MAX_VALUE],
    ["soft labels", soft, wide, 1],
  ] as const)
    if (given && (given.length !== count || given.some((value) => !(value >= 0 && value <= most))))
      throw new InputError(
        `${name}: expected ${count} ${what} for ${rows} rows, each ${most === 1 ? "from 0 to 1" : "of at least 0"}, got ${given.length}, of which ${given.filter((value) => !(value >= 0 && value <= most)).length} are not`,
      );
  const wrong = Array.from(values).findIndex((value) => !fits(value));
  if (wrong >= 0)
    throw new InputError(
      `${name}: row ${Math.floor(wrong / width)}: expected ${expected} as its label, got ${values[wrong]}`,
    );
}
