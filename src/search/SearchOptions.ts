import type { Classifier } from "../models/Classifier";
import type { Difference } from "../sweep/pairedDifference";
import type { TrialRecord } from "../sweep/record";
import type { SweepData, SweepOptions } from "../sweep/SweepOptions";
import type { Trial, TrialSettings } from "../sweep/trial";
import type { FineTuneEvent } from "../training/events";

/** Which depth is wanted. */
export type Goal =
  /** The deepest freeze whose score is within one standard error of the best one's, or the best one. */
  | "deepest"
  | "best"
  /** The deepest freeze that scores no more than this below the best one, in the metric's units. */
  | { loss: number }
  /** The best one of those that are fine-tuned in so many minutes, by this machine's clock. */
  | { minutes: number };

/** How the depth to freeze, and its learning rate, are searched for. */
export interface SearchOptions
  extends Omit<TrialSettings, "learningRate">,
    Pick<SweepOptions, "about" | "saveEvery" | "maxMinutes" | "signal"> {
  /**
   * Depths to choose from: 0 freezes the embeddings, N also the first N blocks, -1 nothing. Default: -1 and 0 to the model's
   * depth, less those that freeze no more than the one before, as where all blocks share one set of weights (ALBERT).
   */
  n?: readonly number[];
  /**
   * The folder of `records.jsonl`. Trials that stand there already are not run again, and a sweep with this folder goes on from
   * them; records of other options, rows or another model are refused. Default: `runs/` and the search's name.
   */
  out?: string;
  /** What the search is called. Default: "search". */
  name?: string;
  /** Runs all trials anew; records that the folder holds are set aside as `records-1.jsonl`. Default: false. */
  restart?: boolean;
  /**
   * Which depth is wanted: "deepest", the deepest freeze within one standard error of the best; "best", the best score; `{ loss:
   * 0.01 }`, the deepest that loses no more; or `{ minutes: 2 }`, the best of those that are fine-tuned in that time, by this
   * machine's clock. Default: "deepest".
   */
  goal?: Goal;
  /**
   * Peak learning rates to choose from at each depth; "auto" has three for each, higher ones the deeper the freeze. Not all are
   * tried. Default: "auto".
   */
  learningRates?: readonly number[] | "auto";
  /** Starts every random draw: head, order of rows and dropout. Default: 0. */
  seed?: number;
  /**
   * Takes the line on the engine that was chosen, those on the loaded model, and one where rows to validate on are trained on.
   * Default: console.info.
   */
  log?: (line: string) => void;
}

/** How a depth's score came to be known. */
export type Knowledge =
  /** Trained and judged on all rows. */
  | "measured"
  /** Estimated from what the depths beside it gained. */
  | "predicted"
  /** Not looked at: it takes longer than the goal allows. */
  | "dropped";

/** What the search knows of one depth. */
export interface SearchedDepth {
  /** Frozen blocks; -1 for none. */
  n: number;
  /** How its score came to be known. */
  state: Knowledge;
  /** The rate that it scored best at; null where it was not measured. */
  learningRate: number | null;
  /** In the metric; null where it was dropped. */
  score: number | null;
  /** Its score less that of the depth that was chosen, on the same rows; null for that depth, and where it was not measured. */
  difference: (Difference & { mean: number }) | null;
  /** What fine-tuning it takes, as a share of fine-tuning with nothing frozen: an estimate by counting what is computed. */
  cost: number;
}

/** What happens in a search. */
export type SearchEvent =
  /** The depths that are in the race, and the share of one fine-tuning with nothing frozen that the search may take. */
  | { type: "search"; depths: readonly number[]; budget: number; settings: TrialSettings; metric: string }
  /** The forward through the frozen part, whose features all trials share. */
  | { type: "features"; done: number; total: number }
  /** `spent` so far of the budget, and the depths that may still be tried after this one. */
  | { type: "trial"; trial: Trial; spent: number; left: readonly number[] }
  | { type: "progress"; trial: Trial; event: FineTuneEvent }
  /** `known` where the folder held it already. */
  | { type: "record"; record: TrialRecord; known: boolean }
  | { type: "failed"; trial: Trial; error: Error };

/** What a search came to. */
export interface SearchResult {
  /** How many blocks to freeze besides the embeddings; -1: nothing. */
  n: number;
  /** The peak learning rate for it. */
  learningRate: number;
  /** What is judged by. */
  metric: string;
  /** The same in words, with what the rows can tell and what they cannot. */
  sentence: string;
  /** Every depth, the shallowest first. */
  depths: SearchedDepth[];
  /** Of the trials on all rows, as a sweep's records. */
  records: TrialRecord[];
  /** Trials that threw, with what they threw. */
  failed: { trial: Trial; error: Error }[];
  /** What the search computed, as a share of one fine-tuning with nothing frozen: counted, not clocked, and so the same on every machine. */
  cost: number;
  /** By the clock: what the frozen forward and all trials took. */
  seconds: number;
  /** Whether the signal ended it; started again, it goes on. */
  aborted: boolean;
  /** Where `records.jsonl` is. */
  folder: string;
}

/** What is searched and how, in one object. */
export interface SearchDepthOptions extends SearchOptions, SweepData {
  /** A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was. */
  model: string | Classifier;
}
