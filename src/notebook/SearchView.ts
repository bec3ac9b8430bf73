import { trialLine } from "../report/eventLine";
import { SearchProgress } from "../report/SearchProgress";
import type { Progress } from "../report/trainingProgress";
import { formatSearch } from "../search/formatSearch";
import type { SearchEvent, SearchResult } from "../search/SearchOptions";
import { trialName } from "../text/trialTitle";
import type { Bundle } from "./kernel";
import { preHtml, progressHtml } from "./progressHtml";
import { TrainingView } from "./TrainingView";

/** What a cell shows of a search: a bar with the depths that are in the race and the time left, the training that runs, a line a trial. */
export class SearchView {
  #read = new SearchProgress();
  #progress: Progress = { done: 0, total: 1, text: "" };
  #metric: string | undefined;
  #epochs: number | undefined;
  #training: TrainingView | null = null;
  #lines: string[] = [];
  #end: string | null = null;

  take(event: SearchEvent): void {
    this.#progress = this.#read.take(event) ?? this.#progress;
    if (event.type === "search") {
      this.#metric = event.metric;
      this.#epochs = event.settings.epochs;
    }
    if (event.type === "trial")
      this.#training = new TrainingView(`${trialName(event.trial)}: `, this.#epochs);
    if (event.type === "progress") this.#training!.take(event.event);
    if (event.type === "record") this.#lines.push(trialLine(event, this.#metric));
    if (event.type === "failed") this.#lines.push(trialLine(event));
  }

  finish(result: SearchResult): void {
    this.stop(result.aborted ? "stopped; the same search goes on from here" : "finished");
    this.#end = formatSearch(result);
  }

  /** Nothing comes any more, and this is why. */
  stop(text: string): void {
    this.#progress = { ...this.#progress, done: this.#progress.total, text };
    this.#training = null;
  }

  async bundle(): Promise<Bundle> {
    const lines = [this.#lines.join("\n"), ...(this.#end === null ? [] : [this.#end])].filter(Boolean);
    return {
      "text/html": [progressHtml(this.#progress), this.#training?.live() ?? "", ...lines.map(preHtml)].join(
        "\n",
      ),
      "text/plain": [this.#progress.text, ...lines].join("\n\n"),
    };
  }
}
