import { visible } from "../freeze";
import type { SearchEvent } from "../search/SearchOptions";
import type { CrossValidation, CrossValidationEvent, FoldResult } from "../sweep/CrossValidation";
import { OUT_OF_FOLD } from "../sweep/outOfFoldTable";
import { type EpochRecord, recordsFile } from "../sweep/record";
import type { SweepEvent, SweepResult } from "../sweep/SweepOptions";
import { summarize } from "../sweep/summarize";
import { formatCount, formatEpoch, formatMany, formatScore } from "../text/numbers";
import { reasonOf } from "../text/oneLine";
import { trialName } from "../text/trialTitle";
import type { EvaluationRecord, FineTuneEvent, FineTuneResult } from "../training/events";
import { judgedBy } from "./judgedBy";

/** The line that an event leaves for good, once an epoch or a trial is over; null for those on the way there. */
export function eventLine(
  event: FineTuneEvent | SweepEvent | SearchEvent | CrossValidationEvent,
  metric?: string,
): string | null {
  if (event.type === "epoch") return epochLine(event);
  if (event.type === "evaluation") return evaluationLine(event);
  if (event.type === "failed") return trialLine(event);
  if (event.type === "foldDone") return foldLine(event.result);
  if (event.type !== "record") return null;
  if ("known" in event) return trialLine(event, metric);
  return `trial ${event.index + 1} of ${event.count}: ${trialLine(event, metric)}`;
}

/** How a trial ended: its score and time, or why it failed. */
export function trialLine(
  event:
    | Pick<Extract<SweepEvent, { type: "record" }>, "type" | "record">
    | Extract<SweepEvent, { type: "failed" }>,
  metric?: string,
): string {
  if (event.type === "failed") return visible(`${trialName(event.trial)}: failed: ${reasonOf(event.error)}`);
  const [{ score, metric: name, totalSeconds }] = summarize([event.record], {
    metric: judgedBy([event.record], metric),
  });
  return visible(
    `${trialName(event.record)}: ${name} ${formatScore(score.mean)}, ${totalSeconds.toFixed(1)} s`,
  );
}

/** How an epoch ended, out of so many where that is known: its losses, metrics and time. */
export function epochLine(record: EpochRecord, epochs?: number): string {
  const { epoch, trainSeconds, evalSeconds } = record;
  const of = epochs === undefined ? "" : ` of ${epochs}`;
  const seconds = (trainSeconds + evalSeconds).toFixed(1);
  return visible(`epoch ${formatEpoch(epoch)}${of}: ${scoresLine(record)}, ${seconds} s`);
}

/** What an evaluation within an epoch came to. */
export const evaluationLine = (evaluation: EvaluationRecord): string =>
  visible(
    `epoch ${formatEpoch(evaluation.epoch)}, step ${formatCount(evaluation.step)}: ${scoresLine(evaluation)}`,
  );

function scoresLine({ trainLoss, validLoss, metrics }: EpochRecord | EvaluationRecord): string {
  const parts = [`training loss ${formatScore(trainLoss)}`];
  if (validLoss !== null) parts.push(`validation loss ${formatScore(validLoss)}`);
  if (Object.keys(metrics).length > 0) parts.push(metricsOf(metrics));
  return parts.join(", ");
}

/** What a fold came to. */
export function foldLine({ fold, rows, metrics, training: { epochs } }: FoldResult): string {
  const seconds = epochs.reduce((sum, { trainSeconds, evalSeconds }) => sum + trainSeconds + evalSeconds, 0);
  return visible(
    `fold ${fold}: ${formatMany(rows.length, "row")}, ${metricsOf(metrics)}, ${seconds.toFixed(1)} s`,
  );
}

/** What all folds came to, or how many did where it was stopped. */
export const outOfFoldLine = (
  { metrics, results, aborted, folder }: CrossValidation,
  count: number,
): string =>
  visible(
    aborted
      ? `stopped: ${results.length} of ${count} folds are kept in ${folder}, and the same call goes on from there`
      : `out of fold: ${metricsOf(metrics)}; kept in ${folder}/${OUT_OF_FOLD}`,
  );

const metricsOf = (metrics: Record<string, number>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${formatScore(value)}`)
    .join(", ");

/** Where the finished trials of a stopped sweep are. */
export const stoppedLine = ({ records, folder }: SweepResult, count: number): string =>
  `stopped: ${records.length} of ${count} trials are kept in ${recordsFile(folder)}, and the same sweep goes on from there`;

/** Which epoch's weights a training ended with, where that is not the last one's. */
export const weightsLine = ({ epoch, epochs }: Pick<FineTuneResult, "epoch" | "epochs">): string | null =>
  epoch === (epochs.at(-1)?.epoch ?? 0)
    ? null
    : `the weights are those of epoch ${formatEpoch(epoch)}, the best one`;
