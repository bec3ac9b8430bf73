import { foldLine, outOfFoldLine } from "../report/eventLine";
import type { CrossValidation, CrossValidationEvent } from "../sweep/CrossValidation";
import type { Bundle } from "./kernel";
import { preHtml, progressHtml } from "./progressHtml";
import { TrainingView } from "./TrainingView";

/** What a cell shows of a cross-validation: a bar for its folds, the training that runs, and a line for each fold. */
export class FoldsView {
  #count = 0;
  #done = 0;
  #text = "";
  #training: TrainingView | null = null;
  #lines: string[] = [];

  take(event: CrossValidationEvent): void {
    if (event.type === "folds") {
      this.#count = event.count;
      this.#done = event.done;
    }
    if (event.type === "fold") this.#training = new TrainingView(`fold ${event.fold}: `);
    if (event.type === "foldProgress") this.#training?.take(event.event);
    if (event.type === "foldDone") {
      this.#done++;
      this.#lines.push(foldLine(event.result));
    }
    this.#text = `${this.#done} of ${this.#count} folds`;
  }

  finish(result: CrossValidation): void {
    this.#lines = result.results.map(foldLine);
    this.stop(outOfFoldLine(result, this.#count));
  }

  /** Nothing comes any more, and this is why. */
  stop(text: string): void {
    this.#text = text;
    this.#training = null;
  }

  bundle(): Bundle {
    const bar = progressHtml({ done: this.#done, total: this.#count, text: this.#text });
    const lines = this.#lines.length > 0 ? preHtml(this.#lines.join("\n")) : "";
    return {
      "text/html": [bar, this.#training?.live() ?? "", lines].join("\n"),
      "text/plain": [this.#text, ...this.#lines].join("\n"),
    };
  }
}
