import { isDeepStrictEqual } from "node:util";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import type { TrialRecord } from "./record";

/**
 * Of records that several sweeps may have left in one file, those of the sweep that the last record belongs to: the same
 * model, rows, engine, precision and settings. Of a trial that was run twice the later record counts, at the earlier's place.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * const records = latestSweep(readRecords("runs/train/records.jsonl"));
 * ```
 */
export function latestSweep(records: TrialRecord[]): TrialRecord[];
export function latestSweep(records: TrialRecord[], ...more: unknown[]): TrialRecord[] {
  noOptions("latestSweep", more);
  checkArguments("latestSweep", { records });
  const last = records.at(-1);
  const trials = new Map<string, TrialRecord>();
  for (const record of records) if (isSameSweep(record, last!)) trials.set(record.trial, record);
  return [...trials.values()];
}

const shared = ["modelHash", "dataHash", "engine", "precision", "settings"] as const;

function isSameSweep(a: TrialRecord, b: TrialRecord): boolean {
  return shared.every((name) => isDeepStrictEqual(a[name], b[name]));
}
