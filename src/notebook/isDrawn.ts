import type { Figure } from "../report/figure";
import type { TrialRecord } from "../sweep/record";

/** Whether a value is data and layout of a figure. */
export function isFigure(what: unknown): what is Figure {
  const { data, layout } = Object(what) as Partial<Figure>;
  return Array.isArray(data) && typeof layout === "object" && layout !== null;
}

/** Whether a value is a sweep's records, or an empty list. */
export function isRecords(what: unknown): what is TrialRecord[] {
  return Array.isArray(what) && what.every((each) => typeof Object(each).trial === "string");
}

/** Whether a cell that ends with this value shows it as `show` does: a figure, or a sweep's records. Others print well by themselves. */
export const isDrawn = (value: unknown): value is Figure | TrialRecord[] =>
  isFigure(value) || (isRecords(value) && value.length > 0);
