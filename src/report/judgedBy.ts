import type { TrialRecord } from "../sweep/record";

/** What depths are judged by: the metric that was named, else accuracy, or rmse where there is none (regression). */
export function judgedBy(records: TrialRecord[], metric: string | undefined): string {
  return metric ?? (records[0]?.accuracy === null ? "rmse" : "accuracy");
}
