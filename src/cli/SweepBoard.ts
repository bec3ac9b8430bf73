import { trialLine } from "../report/eventLine";
import { recordsFile } from "../sweep/record";
import type { SweepEvent } from "../sweep/SweepOptions";
import { trialName } from "../text/trialTitle";
import type { FineTuneEvent } from "../training/events";
import { type Bar, Board } from "./Board";
import { showTraining } from "./showTraining";

/** Shows a sweep under way: a bar for its trials, one for the trial that runs, and a line for each that has ended. */
export class SweepBoard {
  /** How many trials there are. */
  count = 0;
  #board = new Board();
  #done = 0;
  #trials: Bar | null = null;
  #trial: Bar | null = null;
  #showTraining: (event: FineTuneEvent) => void = () => {};

  constructor(
    private readonly folder: string,
    private readonly metric: string | undefined,
  ) {}

  show(event: SweepEvent): void {
    if (event.type === "start") this.#start(event.trials.length, event.done);
    if (event.type === "trial")
      this.#showTraining = showTraining(
        this.#trial!,
        `${trialName(event.trial)}: `,
        event.trial.settings.epochs!,
      );
    if (event.type === "progress") this.#showTraining(event.event);
    if (event.type === "failed" || event.type === "record") this.#end(trialLine(event, this.metric));
  }

  stop(): void {
    this.#board.stop();
  }

  #start(count: number, done: number): void {
    this.count = count;
    this.#done = done;
    const where = `in ${recordsFile(this.folder)} already`;
    if (done === count) this.#board.line(`all ${count} trials stand ${where}: nothing to run`);
    else if (done > 0) this.#board.line(`${done} of ${count} trials stand ${where}: these are not run again`);
    if (done === count) return;
    this.#trials = this.#board.bar("sweep");
    this.#trials.count(done, count, "trials");
    this.#trial = this.#board.bar("trial");
  }

  #end(line: string): void {
    this.#done++;
    this.#trials!.count(this.#done, this.count, "trials");
    this.#board.line(`${String(this.#done).padStart(String(this.count).length)}/${this.count}  ${line}`);
  }
}
