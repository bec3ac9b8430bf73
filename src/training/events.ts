import type { FrozenProgress } from "./FrozenFeatures";

/** What one epoch cost and brought. */
export interface EpochRecord {
  /** From 1. */
  epoch: number;
  /** Mean over the epoch's rows, dropout and smoothing included. */
  trainLoss: number;
  /** Mean over the validation rows; null without any. */
  validLoss: number | null;
  /** On the validation rows, by name. */
  metrics: Record<string, number>;
  /** On the wall. */
  trainSeconds: number;
  /** On the wall. */
  evalSeconds: number;
  /** In precision fp16: what the loss is multiplied by at the epoch's end. */
  lossScale?: number;
  /** In precision fp16: steps of this epoch that were left out because a gradient was beyond float16. */
  skippedSteps?: number;
}

/** One update of the weights. */
export interface StepEvent {
  type: "step";
  epoch: number;
  /** From 1, over all epochs. */
  step: number;
  steps: number;
  loss: number;
  learningRate: number;
  /** Not finite in a step that was left out. */
  gradNorm: number;
  /** In precision fp16: what this step's loss was multiplied by to compute its gradients. */
  lossScale?: number;
  /** Until the last step, going by the speed so far; evaluation not counted. */
  secondsLeft: number;
}

/** What a training tells of itself. */
export type FineTuneEvent =
  /** The frozen stages run over the rows, once; `cached` where work of an earlier run was read from disk. */
  | ({ type: "frozen" } & FrozenProgress)
  | StepEvent
  | { type: "evaluate"; done: number; total: number }
  | ({ type: "epoch" } & EpochRecord);

/** What a training came to. */
export interface FineTuneResult {
  /** In their order. */
  epochs: EpochRecord[];
  /** The epoch whose weights the model holds now: the last whole one, or the best where that was restored. */
  epoch: number;
  /** Why it ended. */
  stopped: "finished" | "early" | "aborted";
  /** Spent on the frozen stages' outputs in this run: on computing, reading and keeping them. */
  frozenSeconds: number;
  /** Where some of those outputs were read from disk, where an earlier run had left them: the seconds then do not tell what they cost. */
  frozenFrom?: "cache";
  /** Elements that learned. */
  trainableParameters: number;
}
