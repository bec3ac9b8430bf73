import { trialLine } from "../report/eventLine";
import { SearchProgress } from "../report/SearchProgress";
import type { SearchEvent } from "../search/SearchOptions";
import { trialName } from "../text/trialTitle";
import type { FineTuneEvent } from "../training/events";
import { type Bar, Board } from "./Board";
import { showTraining } from "./showTraining";

/** Shows a search under way: a bar for what is spent of its budget, one for the trial that runs, and a line for each that has ended. */
export class SearchBoard {
  #board = new Board();
  #progress = new SearchProgress();
  #search: Bar | null = null;
  #trial: Bar | null = null;
  #epochs = 1;
  #metric: string | undefined;
  #showTraining: (event: FineTuneEvent) => void = () => {};

  show(event: SearchEvent): void {
    if (event.type === "search") {
      this.#metric = event.metric;
      this.#epochs = event.settings.epochs!;
      this.#search = this.#board.bar("search");
      this.#trial = this.#board.bar("trial");
    }
    const progress = this.#progress.take(event);
    if (progress) this.#search!.update(progress.done, progress.total, progress.text);
    if (event.type === "trial")
      this.#showTraining = showTraining(this.#trial!, `${trialName(event.trial)}: `, this.#epochs);
    if (event.type === "progress") this.#showTraining(event.event);
    if (event.type === "failed") this.#board.line(trialLine(event));
    if (event.type === "record")
      this.#board.line(trialLine(event, this.#metric) + (event.known ? " (of an earlier run)" : ""));
  }

  stop(): void {
    this.#board.stop();
  }
}
