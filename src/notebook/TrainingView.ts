import type { FineTuneEvent, FineTuneResult } from "../training/events";
import { eventLine } from "./eventLine";
import type { Bundle } from "./kernel";
import { type Losses, lossPicture } from "./lossPicture";
import { preHtml, progressHtml } from "./progressHtml";
import { svgImage } from "./svgImage";
import { type Progress, trainingProgress } from "./trainingProgress";

/** What a cell shows of one training: a bar, a picture of the loss, and a line for each epoch. */
export class TrainingView {
  #progress: Progress = { done: 0, total: 1, text: "starting" };
  #losses: Losses = { steps: 0, train: [], valid: [] };
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
    const { train, valid } = this.#losses;
    if (event.type === "step") {
      this.#losses.steps = event.steps;
      train.push(event.loss);
    }
    if (event.type === "epoch") {
      this.#lines.push(eventLine(event)!);
      if (event.validLoss !== null) valid.push({ step: train.length, loss: event.validLoss });
    }
  }

  finish({ stopped, epoch, epochs }: FineTuneResult): void {
    const weights = epoch === epochs.length ? "" : `; the weights are those of epoch ${epoch}, the best one`;
    const count = `${epochs.length} epoch${epochs.length === 1 ? "" : "s"}`;
    const words = {
      finished: `finished: ${count}`,
      early: `stopped early after ${count}`,
      aborted: `stopped in epoch ${epochs.length + 1}`,
    };
    this.stop(words[stopped] + weights);
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
