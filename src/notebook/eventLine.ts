import { visible } from "../freeze";
import type { SweepEvent } from "../sweep/freezeSweep";
import type { EpochRecord } from "../sweep/record";
import { summarize } from "../sweep/summarize";
import { type Trial, trialTitle } from "../sweep/trial";
import type { FineTuneEvent } from "../training/events";
import { judgedBy } from "./judgedBy";

/** The line that an event leaves for good, once an epoch or a trial is over; null for those on the way there. */
export function eventLine(event: FineTuneEvent | SweepEvent, metric?: string): string | null {
  if (event.type === "epoch") return visible(epochLine(event));
  if (event.type === "failed") return trialLine(event);
  if (event.type !== "record") return null;
  return `trial ${event.index + 1} of ${event.count}: ${trialLine(event, metric)}`;
}

/** How a trial ended: its score and time, or why it failed. */
export function trialLine(
  event: Extract<SweepEvent, { type: "record" | "failed" }>,
  metric?: string,
): string {
  if (event.type === "failed")
    return visible(`${trialName(event.trial)}: failed: ${event.error.message.split("\n")[0]}`);
  const [{ score, metric: name, totalSeconds }] = summarize([event.record], {
    metric: judgedBy([event.record], metric),
  });
  return visible(
    `${trialName(event.record)}: ${name} ${score.mean.toFixed(4)}, ${totalSeconds.toFixed(1)} s`,
  );
}

/** "N = 2, seed 0", or "lora, seed 0". */
export const trialName = (trial: Pick<Trial, "strategy" | "n" | "seed"> & { recipe?: unknown }): string =>
  `${trialTitle(trial)}, seed ${trial.seed}`;

function epochLine({ epoch, trainLoss, validLoss, metrics, trainSeconds, evalSeconds }: EpochRecord): string {
  const parts = [`training loss ${trainLoss.toFixed(4)}`];
  if (validLoss !== null) parts.push(`validation loss ${validLoss.toFixed(4)}`);
  for (const [name, value] of Object.entries(metrics)) parts.push(`${name} ${value.toFixed(4)}`);
  return `epoch ${epoch}: ${parts.join(", ")}, ${(trainSeconds + evalSeconds).toFixed(1)} s`;
}
