import { isDeepStrictEqual } from "node:util";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { besidesRate } from "./besidesRate";
import type { TrialRecord } from "./record";
import { trialKey } from "./trialKey";

/**
 * Of records that several sweeps may have left in one file, those of the sweep that the last record belongs to: the same
 * model, rows, engine, precision and settings; learning rates may differ. Of a trial that was run twice the later record counts, at the earlier's place.
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
  for (const record of records) if (isSameSweep(record, last!)) trials.set(trialKey(record), record);
  return [...trials.values()];
}

const shared = ["modelHash", "dataHash", "engine", "precision"] as const;

function isSameSweep(a: TrialRecord, b: TrialRecord): boolean {
  return (
    shared.every((name) => a[name] === b[name]) &&
    isDeepStrictEqual(besidesRate(a.settings), besidesRate(b.settings))
  );
}
