import { join } from "node:path";
import type { SweepEvent } from "../sweep/freezeSweep";
import type { TrialRecord } from "../sweep/record";
import { summarize } from "../sweep/summarize";
import { type Trial, trialTitle } from "../sweep/trial";
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
      this.#showTraining = showTraining(this.#trial!, `${nameOf(event.trial)}: `, epochsOf(event.trial));
    if (event.type === "progress") this.#showTraining(event.event);
    if (event.type === "failed")
      this.#end(`${nameOf(event.trial)}: failed: ${event.error.message.split("\n")[0]}`);
    if (event.type === "record") this.#end(this.#resultOf(event.record));
  }

  stop(): void {
    this.#board.stop();
  }

  #start(count: number, done: number): void {
    this.count = count;
    this.#done = done;
    const where = `in ${join(this.folder, "records.jsonl")} already`;
    if (done === count) this.#board.line(`all ${count} trials stand ${where}: nothing to run`);
    else if (done > 0) this.#board.line(`${done} of ${count} trials stand ${where}: these are not run again`);
    if (done === count) return;
    this.#trials = this.#board.bar("sweep");
    this.#trials.update(done, count, `${done} of ${count} trials`);
    this.#trial = this.#board.bar("trial");
  }

  #end(line: string): void {
    this.#done++;
    this.#trials!.update(this.#done, this.count, `${this.#done} of ${this.count} trials`);
    this.#board.line(`${String(this.#done).padStart(String(this.count).length)}/${this.count}  ${line}`);
  }

  #resultOf(record: TrialRecord): string {
    const metric = this.metric ?? (record.accuracy === null ? "rmse" : "accuracy");
    const [{ score, totalSeconds }] = summarize([record], { metric });
    return `${nameOf(record)}: ${metric} ${score.mean.toFixed(4)}, ${totalSeconds.toFixed(1)} s`;
  }
}

const nameOf = (trial: Trial | TrialRecord): string => `${trialTitle(trial)}, seed ${trial.seed}`;

const epochsOf = ({ settings }: Trial): number => settings.epochs!;
