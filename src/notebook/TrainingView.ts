import { epochLine, evaluationLine, weightsLine } from "../report/eventLine";
import { type Progress, trainingProgress } from "../report/trainingProgress";
import { formatEpoch, formatMany } from "../text/numbers";
import { svgImage } from "../text/svgImage";
import type { FineTuneEvent, FineTuneResult, ResumedEvent } from "../training/events";
import type { Bundle } from "./kernel";
import { type Losses, lossPicture } from "./lossPicture";
import { preHtml, progressHtml } from "./progressHtml";

/** What a cell shows of one training: a bar, a picture of the loss, and a line for each epoch. */
export class TrainingView {
  #progress: Progress = { done: 0, total: 1, text: "starting" };
  #losses: Losses & { before: number } = { steps: 0, before: 0, train: [], valid: [] };
  #lines: string[] = [];
  #read: (event: FineTuneEvent) => Progress | null;

  /** `name` stands before what the bar says. */
  constructor(
    private readonly name = "",
    epochs?: number,
  ) {
    this.#read = trainingProgress(epochs);
  }

  take(event: FineTuneEvent): void {
    this.#progress = this.#read(event) ?? this.#progress;
    const { before, train, valid } = this.#losses;
    if (event.type === "step") {
      this.#losses.steps = event.steps;
      train.push(event.loss);
    }
    if (event.type === "resumed") {
      this.#losses.before = event.step;
      this.#lines.push(...linesOf(event));
    }
    if (event.type === "epoch" || event.type === "evaluation") {
      this.#lines.push(event.type === "epoch" ? epochLine(event) : evaluationLine(event));
      if (event.validLoss !== null) valid.push({ step: before + train.length, loss: event.validLoss });
    }
  }

  finish(result: FineTuneResult): void {
    const { stopped, epochs } = result;
    const weights = weightsLine(result);
    const done = epochs.at(-1)?.epoch ?? 0;
    const count = Number.isInteger(done) ? formatMany(done, "epoch") : `${formatEpoch(done)} epochs`;
    const words = {
      finished: `finished: ${count}`,
      early: `stopped early after ${count}`,
      aborted: `stopped in epoch ${epochs.length + 1}`,
      time: `time is up in epoch ${epochs.length + 1}`,
    };
    this.stop(weights ? `${words[stopped]}; ${weights}` : words[stopped]);
  }

  /** Nothing comes any more, and this is why. */
  stop(text: string): void {
    this.#progress = { ...this.#progress, text };
  }

  bundle(): Bundle {
    const lines = this.#lines.length > 0 ? preHtml(this.#lines.join("\n")) : "";
    return { "text/html": this.live() + lines, "text/plain": [this.#text(), ...this.#lines].join("\n") };
  }

  /** The bar and the picture alone. */
  live(): string {
    const bar = progressHtml({ ...this.#progress, text: this.#text() });
    return this.#losses.train.length > 0
      ? `${bar}${svgImage(lossPicture(this.#losses), "loss by step")}`
      : bar;
  }

  #text(): string {
    return this.name + this.#progress.text;
  }
}

/** Of all that was scored before, in its order. */
function linesOf({ epochs, evaluations = [] }: ResumedEvent): string[] {
  const within = evaluations.filter((each) => !epochs.some(({ epoch }) => epoch === each.epoch));
  return [
    ...epochs.map((each) => ({ epoch: each.epoch, line: epochLine(each) })),
    ...within.map((each) => ({ epoch: each.epoch, line: evaluationLine(each) })),
  ]
    .sort((a, b) => a.epoch - b.epoch)
    .map(({ line }) => line);
}
