import { accuracyFigure } from "../report/accuracyFigure";
import { stoppedLine, trialLine } from "../report/eventLine";
import { judgedBy } from "../report/judgedBy";
import { toSvg } from "../report/toSvg";
import { formatSummary } from "../sweep/formatSummary";
import { recordsFile, type TrialRecord } from "../sweep/record";
import type { SweepEvent, SweepResult } from "../sweep/SweepOptions";
import { summarize } from "../sweep/summarize";
import { svgImage } from "../text/svgImage";
import { trialName } from "../text/trialTitle";
import type { Bundle } from "./kernel";
import { preHtml, progressHtml } from "./progressHtml";
import { TrainingView } from "./TrainingView";

/**
 * What a cell shows of a sweep: a bar for its trials, the training that runs, and the table and picture of depths as they grow. Once all
 * have ended the picture goes, since `show(accuracyFigure(records))` draws the same as a figure that stays.
 */
export class SweepView {
  #count = 0;
  #done = 0;
  #metric: string | undefined;
  #text = "";
  #training: TrainingView | null = null;
  #records: TrialRecord[] = [];
  #failed: string[] = [];
  #picture = { records: 0, html: "" };
  #table = { records: 0, text: "" };
  #finished = false;

  take(event: SweepEvent): void {
    if (event.type === "start") {
      this.#count = event.trials.length;
      this.#done = event.done;
      this.#metric = event.trials[0].settings.metric;
    }
    if (event.type === "trial")
      this.#training = new TrainingView(`${trialName(event.trial)}: `, event.trial.settings.epochs);
    if (event.type === "progress") this.#training!.take(event.event);
    if (event.type === "record") this.#records = [...this.#records, event.record];
    if (event.type === "failed") this.#failed.push(trialLine(event));
    if (event.type === "record" || event.type === "failed") this.#done++;
    this.#text = `${this.#done} of ${this.#count} trials`;
  }

  finish(result: SweepResult): void {
    const { records, aborted, folder } = result;
    this.#records = records;
    this.#finished = !aborted;
    this.stop(
      aborted
        ? stoppedLine(result, this.#count)
        : `finished: ${records.length} of ${this.#count} trials, kept in ${recordsFile(folder)}`,
    );
  }

  /** Nothing comes any more, and this is why. */
  stop(text: string): void {
    this.#text = text;
    this.#training = null;
  }

  async bundle(): Promise<Bundle> {
    const bar = progressHtml({ done: this.#done, total: this.#count, text: this.#text });
    const lines = [...this.#summary(), ...this.#failed];
    return {
      "text/html": [
        bar,
        this.#training?.live() ?? "",
        ...lines.map(preHtml),
        await this.#accuracyPicture(),
      ].join("\n"),
      "text/plain": [this.#text, ...lines].join("\n\n"),
    };
  }

  #summary(): string[] {
    const { length } = this.#records;
    if (length === 0) return [];
    if (length !== this.#table.records)
      this.#table = { records: length, text: formatSummary(summarize(this.#records, this.#options())) };
    return [this.#table.text];
  }

  async #accuracyPicture(): Promise<string> {
    if (this.#finished) return "";
    const { length } = this.#records;
    // One depth alone compares with nothing.
    if (
      this.#records.every(
        ({ n, strategy }) => n === this.#records[0].n && strategy === this.#records[0].strategy,
      )
    )
      return "";
    if (length > this.#picture.records) {
      const svg = await toSvg(accuracyFigure(this.#records, this.#options()));
      this.#picture = { records: length, html: svgImage(svg, "score by frozen blocks") };
    }
    return this.#picture.html;
  }

  #options(): { metric: string } {
    return { metric: judgedBy(this.#records, this.#metric) };
  }
}
