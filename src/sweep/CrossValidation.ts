import type { Dataset } from "../data/Rows";
import type { Split } from "../data/splits";
import type { FineTuneEvent, FineTuneResult } from "../training/events";
import type { FineTuneOptions } from "../training/FineTuneOptions";
import type { Metrics } from "../training/metrics";
import type { Predictions } from "../training/predict";

/** What is cross-validated. */
export interface CrossValidationData {
  /** All rows with labels, of which each fold trains on some and predicts others. */
  train: Dataset;
  /**
   * As `stratifiedKFold` and `groupKFold` give them. A row that no fold validates on is trained on wherever a fold says so,
   * pseudo-labelled ones for instance.
   */
  folds: readonly Split[];
  /** Rows without labels that each fold's model predicts as well, as a competition's. Default: none. */
  test?: Dataset;
}

/** How it is cross-validated. */
export interface CrossValidateOptions extends Omit<FineTuneOptions, "features" | "resume"> {
  /**
   * Starts every random draw: head, order of rows and dropout. Each fold has a seed of its own, this one and the fold's number.
   * Default: 0.
   */
  seed?: number;
  /** What each row of `train` is called in `out_of_fold.csv`, each once. Default: its number. */
  ids?: readonly string[];
  /** Whether each fold's model is saved, in `fold-0`, `fold-1`, … of the folder. Default: false. */
  saveModels?: boolean;
  /**
   * The folder of `out_of_fold.csv`. Folds that stand there already are not trained again; those of other options, rows or
   * another model are refused. Default: "runs/folds".
   */
  out?: string;
  /** Trains all folds anew, whatever the folder holds of an earlier run. Default: false. */
  restart?: boolean;
  /** Stops between two steps; finished folds stay on disk, and the one that runs goes on there next time. */
  signal?: AbortSignal;
  /** Takes those lines on what is resumed, and one where rows that a fold validates on are trained on. Default: console.info. */
  log?: (line: string) => void;
}

/** Predictions of rows by models that were not trained on them. */
export interface OutOfFold extends Predictions {
  /** Which rows of the dataset they are of, ascending: all, unless some are in no fold. */
  rows: Int32Array;
  /** Of each of these rows the fold, from 0, whose model predicted it. */
  folds: Int32Array;
}

/** What a fold came to. */
export interface FoldResult {
  /** From 0. */
  fold: number;
  /** The rows that it was judged by. */
  rows: Int32Array;
  /** Of these rows, by name. */
  metrics: Metrics;
  /** How its training went. */
  training: FineTuneResult;
}

/** What a cross-validation came to; of one that was stopped what the finished folds did. */
export interface CrossValidation extends OutOfFold {
  /** Of all rows at once, by name: steadier than the mean of the folds'. Empty where no fold is finished. */
  metrics: Metrics;
  /** Those that are finished. */
  results: FoldResult[];
  /** Of the test rows the mean of what the folds' models say; null without such rows, or where no fold is finished. */
  test: Predictions | null;
  /** Whether it was stopped; called again, it goes on. */
  aborted: boolean;
  /** Where `out_of_fold.csv` is. */
  folder: string;
}

/** What happens in a cross-validation. */
export type CrossValidationEvent =
  /** Of so many folds `done` stood in the folder from an earlier run. */
  | { type: "folds"; count: number; done: number }
  | { type: "fold"; fold: number; count: number }
  | { type: "foldProgress"; fold: number; event: FineTuneEvent }
  | { type: "foldDone"; result: FoldResult; count: number };
