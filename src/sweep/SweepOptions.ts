import type { Dataset } from "../data/Rows";
import type { Classifier } from "../models/Classifier";
import type { FineTuneEvent } from "../training/events";
import type { SaveEvery } from "../training/SavePace";
import type { TrialRecord } from "./record";
import type { Strategy } from "./strategies";
import type { Trial, TrialSettings } from "./trial";

/** Rows that all trials of a sweep train on, and are compared on. */
export interface SweepData {
  /** Rows to train on. */
  train: Dataset;
  /** Rows that depths are compared on. */
  valid: Dataset;
}

export interface SweepOptions extends TrialSettings {
  /**
   * Depths to try: 0 freezes the embeddings, N also the first N blocks, -1 nothing. Default: -1, by which the others are
   * measured, and 0 to the model's depth, less those that freeze no more than the one before, as where all blocks share one set
   * of weights (ALBERT).
   */
  n?: readonly number[];
  /**
   * Recipes to try beside freezing N blocks, each once per seed: their names, or one with settings of its own, as `{ recipe:
   * "lora", rank: 4 }`. With them `n` may be empty. Default: none.
   */
  strategies?: readonly Strategy[];
  /**
   * Peak learning rates in place of `learningRate`: each depth and recipe is tried at each of them, and judged at the best.
   * "auto" tries three at each, higher ones the deeper the freeze. A recipe with a rate of its own keeps to it. Default:
   * `learningRate` alone.
   */
  learningRates?: readonly number[] | "auto";
  /**
   * Each depth is trained once per seed, from the same weights, with a head and an order of rows of the seed's. Default: [0].
   */
  seeds?: readonly number[];
  /**
   * The folder of `records.jsonl`. Trials that stand there already are not run again; records of other options, rows or another
   * model are refused. Default: `runs/` and the sweep's name.
   */
  out?: string;
  /** What the sweep is called. Default: "sweep". */
  name?: string;
  /** What a report is to name besides, text by text, such as the files that were read: `{ train: "train.csv" }`. Default: {}. */
  about?: Record<string, string>;
  /**
   * How often the state is written within an epoch: every so many steps, or `{ minutes: 10 }`; then at each epoch's end as well.
   * Default: as often as takes at most 2 % of the time.
   */
  saveEvery?: SaveEvery;
  /** Runs all trials anew; records that the folder holds are set aside as `records-1.jsonl`. Default: false. */
  restart?: boolean;
  /** Ends it between two steps when so many minutes have passed, as on a machine that will be taken away. Default: no limit. */
  maxMinutes?: number;
  /** Stops between two steps; finished trials stay on disk, and the one that runs goes on there next time. */
  signal?: AbortSignal;
  /**
   * Takes the line on the engine that was chosen, those on the loaded model, and one where rows to validate on are trained on.
   * Default: console.info.
   */
  log?: (line: string) => void;
}

/** What is swept and how, in one object. */
export interface FreezeSweepOptions extends SweepOptions, SweepData {
  /** A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was. */
  model: string | Classifier;
}

/** What happens in a sweep. */
export type SweepEvent =
  /** `done` of all trials stood in the records from an earlier run. */
  | { type: "start"; trials: Trial[]; done: number }
  | { type: "trial"; trial: Trial; index: number; count: number }
  | { type: "progress"; trial: Trial; event: FineTuneEvent }
  | { type: "record"; record: TrialRecord; index: number; count: number }
  | { type: "failed"; trial: Trial; error: Error };

/** What a sweep came to. */
export interface SweepResult {
  /** In the order of the trials; without those that failed or were not reached. */
  records: TrialRecord[];
  /** Trials that threw, with what they threw. */
  failed: { trial: Trial; error: Error }[];
  /** Whether the signal ended the sweep; started again, it goes on with the trials that are missing. */
  aborted: boolean;
  /** Where `records.jsonl` is. */
  folder: string;
}
