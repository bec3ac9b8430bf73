import { InputError } from "../errors";
import { readPredictions } from "./readPredictions";
import type { TrialRecord } from "./record";
import { recordFolders } from "./recordFolders";
import { weightedScore } from "./weightedScore";

/** What was found of a record, by metric: records of a live sweep are summarized again and again. */
const found = new WeakMap<TrialRecord, Map<string, number | undefined>>();

/**
 * What the predictions beside a trial's record come to in a metric that its training did not compute; undefined where they are not there
 * or have no such metric.
 */
export function predictedScore(record: TrialRecord, metric: string): number | undefined {
  const known = found.get(record) ?? new Map<string, number | undefined>();
  found.set(record, known);
  if (!known.has(metric)) known.set(metric, scoreOf(record, metric));
  return known.get(metric);
}

function scoreOf(record: TrialRecord, metric: string): number | undefined {
  const folder = recordFolders.get(record);
  if (record.predictions === undefined || folder === undefined) return undefined;
  try {
    const { outputs, labels } = readPredictions(folder, record);
    const score = weightedScore(metric, outputs, labels);
    const value = score?.of(new Uint32Array(score.rows).fill(1));
    return Number.isNaN(value) ? undefined : value;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
