import type { FrozenProgress } from "./FrozenFeatures";

/** Losses, metrics and seconds of one epoch. */
export interface EpochRecord {
  /** From 1; a fraction where the run stopped early within it, as 2.5 in the middle of the third. */
  epoch: number;
  /** Mean over the epoch's rows, dropout and smoothing included. */
  trainLoss: number;
  /** Mean over the validation rows; null without any. */
  validLoss: number | null;
  /** On the validation rows, by name. */
  metrics: Record<string, number>;
  /** Wall time of the training steps. */
  trainSeconds: number;
  /** Wall time of the evaluation, with `evalEvery` of all those of the epoch. */
  evalSeconds: number;
  /** In precision fp16: what the loss is multiplied by at the epoch's end. */
  lossScale?: number;
  /** In precision fp16: steps of this epoch that were left out because a gradient was beyond float16. */
  skippedSteps?: number;
}

/** With `evalEvery`: what the validation rows say of the weights after an update, within an epoch or at its end. */
export interface EvaluationRecord {
  /** How often the rows had been gone through: 1.5 in the middle of the second epoch. */
  epoch: number;
  /** After which update, counted from 1 over all epochs. */
  step: number;
  /** Mean over the epoch's rows so far, dropout and smoothing included. */
  trainLoss: number;
  /** Mean over the validation rows. */
  validLoss: number;
  /** On the validation rows, by name. */
  metrics: Record<string, number>;
  /** Wall time of this evaluation. */
  evalSeconds: number;
}

/** One update of the weights. */
export interface StepEvent {
  /** What tells it from other events. */
  type: "step";
  /** From 1. */
  epoch: number;
  /** From 1, over all epochs. */
  step: number;
  /** Of all epochs. */
  steps: number;
  /** Mean over the step's examples, dropout and smoothing included. */
  loss: number;
  /** Of parameters without a rate of their own. */
  learningRate: number;
  /** Not finite in a step that was left out. */
  gradNorm: number;
  /** In precision fp16: what this step's loss was multiplied by to compute its gradients. */
  lossScale?: number;
  /** Until the last step, going by the speed so far; evaluation not counted. */
  secondsLeft: number;
}

/** A training goes on where an earlier run of it stopped. */
export interface ResumedEvent {
  /** What tells it from other events. */
  type: "resumed";
  /** After which update, counted from 1 over all epochs. */
  step: number;
  /** Of all epochs. */
  steps: number;
  /** Those that were done. */
  epochs: EpochRecord[];
  /** With `evalEvery`: those that were done. */
  evaluations?: EvaluationRecord[];
}

/** What happens in a training. */
export type FineTuneEvent =
  /** The frozen stages run over the rows, once; `cached` where work of an earlier run was read from disk. */
  | ({ type: "frozen" } & FrozenProgress)
  /** With `headInit: "probe"`: the model as it stands runs over the rows to train on, once. */
  | { type: "head"; done: number; total: number }
  | StepEvent
  | { type: "evaluate"; done: number; total: number }
  /** With `evalEvery`: an evaluation within an epoch; the one at its end comes with the epoch. */
  | ({ type: "evaluation" } & EvaluationRecord)
  | ResumedEvent
  | ({ type: "epoch" } & EpochRecord);

/** The result of a training. */
export interface FineTuneResult {
  /** In their order. */
  epochs: EpochRecord[];
  /** With `evalEvery`: all evaluations in their order, those at the ends of epochs among them. */
  evaluations?: EvaluationRecord[];
  /**
   * The training loss of the first step, then its means over 24 parts of the training in which the learning rate adds up to the same,
   * those that were reached; left out for fewer than 16 steps.
   */
  lossCurve?: number[];
  /**
   * The epoch whose weights the model holds now: the last whole one, or the best where that was restored; a fraction where that is an
   * evaluation within an epoch.
   */
  epoch: number;
  /** Why it ended; "time" is `maxMinutes`. */
  stopped: "finished" | "early" | "aborted" | "time";
  /** In a run with `resume`: after so many steps of all was the newest state written that is in the folder; left out where none is. */
  savedStep?: number;
  /** Seconds of this run for the features of frozen stages: to compute, read and cache them; and for the probe that the head starts from. */
  frozenSeconds: number;
  /** Set where some features of an earlier run were read from disk: `frozenSeconds` is then not what they cost. */
  frozenFrom?: "cache";
  /** How many rows went through the model at a time, where that is less than a batch: as told, or as fit into memory. */
  microBatchSize?: number;
  /** Elements of the trainable parameters. */
  trainableParameters: number;
}
