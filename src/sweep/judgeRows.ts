import { oneLine } from "../text/oneLine";
import { bootstrapScores } from "./bootstrapScores";
import { readPredictions } from "./readPredictions";
import type { TrialRecord } from "./record";
import { recordFolders } from "./recordFolders";
import { rowScores } from "./rowScores";
import { type WeightedScore, weightedScore } from "./weightedScore";

/** How a trial does on its validation rows, one by one. */
export interface Judged {
  /** SHA-256 of the rows: trials compare where it is the same. */
  rows: string;
  /** The trial's score on each resample of them. */
  draws: Float64Array;
  /** Whether each row is right, where that is what is judged by. */
  right: Float64Array | null;
}

/** What was found of a record, by metric: records of a live sweep are judged again and again. */
const found = new WeakMap<TrialRecord, Map<string, Judged>>();

/**
 * What the predictions beside each record come to in a metric; in place of those that are missing, damaged or another's one line on why.
 * They are read when they are asked for.
 */
export function judgeRows(
  records: readonly TrialRecord[],
  metric: string,
): Map<TrialRecord, Judged | string> {
  const judged = new Map<TrialRecord, Judged | string>();
  const fresh: { record: TrialRecord; score: WeightedScore; rest: Omit<Judged, "draws"> }[] = [];
  for (const record of records) {
    const known = found.get(record)?.get(metric);
    const made = known ?? scoreOf(record, metric);
    if (typeof made === "string" || "draws" in made) judged.set(record, made);
    else fresh.push({ record, ...made });
  }
  // Resamples depend on the number of rows, so all of one number share them.
  for (const rows of new Set(fresh.map(({ score }) => score.rows))) {
    const those = fresh.filter(({ score }) => score.rows === rows);
    const draws = bootstrapScores(those.map(({ score }) => score));
    those.forEach(({ record, rest }, i) => {
      const one = { ...rest, draws: draws[i] };
      judged.set(record, one);
      found.set(record, (found.get(record) ?? new Map()).set(metric, one));
    });
  }
  return judged;
}

function scoreOf(
  record: TrialRecord,
  metric: string,
): { score: WeightedScore; rest: Omit<Judged, "draws"> } | string {
  const folder = recordFolders.get(record);
  if (record.predictions === undefined || folder === undefined)
    return `${record.trial}: its record has no predictions beside it`;
  try {
    const { outputs, labels, rows } = readPredictions(folder, record);
    const score = weightedScore(metric, outputs, labels, record.settings?.loss);
    if (!score) return `${folder}: predictions have no ${metric}`;
    return {
      score,
      rest: { rows, right: metric === "accuracy" ? rowScores(metric, outputs, labels) : null },
    };
  } catch (error) {
    return oneLine((error as Error).message);
  }
}
