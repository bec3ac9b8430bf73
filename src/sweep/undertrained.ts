import { mean } from "./mean";
import type { TrialRecord } from "./record";

/** How the training loss says that a rate was too low: it is nearly where it began, or falls at the end as steeply as at first. */
export type Undertrained = "hardly fallen" | "still falling";

/**
 * Whether a trial's training loss says that it would have to go on, or learn faster, to show what its depth can do; null where it does
 * not, or where there is no curve.
 *
 * The curve's parts are alike in learning rate spent, so a loss that falls along a line in them has not begun to level off. Where the
 * rate is too high the loss rises above its first value, which is no lack of training. docs/choosing-n.md says on which trainings the
 * bounds were chosen, and how often they are wrong.
 */
export function undertrained({ lossCurve }: Pick<TrialRecord, "lossCurve">): Undertrained | null {
  if (lossCurve === undefined || lossCurve.length < 10) return null;
  const [first, ...parts] = lossCurve;
  // Of four parts together, since a part may be a single step.
  const highest = Math.max(...parts.slice(3).map((_, i) => mean(parts.slice(i, i + 4))));
  if (highest > 1.1 * first) return null;
  const third = Math.floor(parts.length / 3);
  const [begin, middle, end] = [
    parts.slice(0, third),
    parts.slice(third, parts.length - third),
    parts.slice(-third),
  ].map(mean);
  const start = Math.max(first, parts[0]);
  if (end > 0.95 * start) return "hardly fallen";
  /** The later half of the fall from the first third to the last, as a share of all of it: half along a line. */
  const later = (middle - end) / (begin - end);
  const straight = determination(parts);
  if (parts.at(-1)! > 0.75 * start && later >= 0.3 && straight >= 0.4) return "hardly fallen";
  return later >= 0.48 && straight >= 0.9 ? "still falling" : null;
}

/** R² of a line through the values, which are one apart. */
function determination(values: number[]): number {
  const [x, y] = [(values.length - 1) / 2, mean(values)];
  const sum = (of: (value: number, i: number) => number) => values.reduce((sum, v, i) => sum + of(v, i), 0);
  const along = sum((value, i) => (i - x) * (value - y));
  return along ** 2 / (sum((_, i) => (i - x) ** 2) * sum((value) => (value - y) ** 2));
}
