import { checkInteger, checkNumber, checkOneOf } from "../check";
import { checkPrecision, type Precision } from "../engine/autocast";
import { InputError } from "../errors";
import type { ProblemType } from "../models/Classifier";
import type { Dataset } from "./dataset";
import type { FrozenFeatures } from "./FrozenFeatures";
import type { ParameterGroup } from "./learningRates";
import type { LossOptions } from "./loss";
import { SCHEDULES, type Schedule } from "./schedule";
import type { Unfreeze } from "./Unfreezing";

export interface FineTuneData {
  train: Dataset;
  /** Scored after each epoch; left out, only the training loss is known. */
  valid?: Dataset;
}

export interface FineTuneOptions extends LossOptions {
  /** How often the training rows are gone through; default 2. */
  epochs?: number;
  /** Rows a step; default 32. */
  batchSize?: number;
  /** Peak rate of AdamW; default 5e-5. */
  learningRate?: number;
  /** Decoupled weight decay; default 0.01. */
  weightDecay?: number;
  betas?: [number, number];
  eps?: number;
  /** How the rate falls after the warm-up; default "linear". */
  schedule?: Schedule;
  /** Share of all steps over which the rate rises from 0; default 0.1. */
  warmup?: number;
  /** Gradients are scaled down to this global norm; default 1, `Infinity` for none. */
  maxGradNorm?: number;
  /** Batches whose gradients make one step; default 1. */
  gradientAccumulation?: number;
  parameterGroups?: ParameterGroup[];
  layerwiseDecay?: number;
  /** Thaws from the head down as epochs go; parameters that are frozen when the run starts stay frozen. */
  unfreeze?: Unfreeze;
  /** Judges epochs for `earlyStopping` and `restoreBest`: a metric's name or "loss"; default accuracy, or rmse in a regression. */
  metric?: string;
  /** Stops after this many epochs in a row without a better one. */
  earlyStopping?: number;
  /** Ends with the weights of the best epoch; default true with `earlyStopping`, else false. */
  restoreBest?: boolean;
  /**
   * Of matrix products: "bf16" reads their factors in bfloat16, "fp16" in float16, where the loss is scaled so that its gradients fit;
   * both on engine tensorflow. Default "fp32". Convolutions stay in float32.
   */
  precision?: Precision;
  /**
   * Keeps of each stage below the head nothing but its input and computes it again on the way back: less memory, a forward more a
   * step, the same losses bit for bit; default false.
   */
  gradientCheckpointing?: boolean;
  /** Lets dropout fire in frozen stages while training, as PyTorch does; the frozen part then runs at every step. */
  frozenDropout?: boolean;
  /** Starts every random draw: order of rows and dropout; default 0. */
  seed?: number;
  /** Stops between two steps; what was learned so far stays. */
  signal?: AbortSignal;
  /** Kept features of the frozen stages, shared by several runs; left out, the run keeps its own. */
  features?: FrozenFeatures;
}

type Optional = "features" | "signal" | "classWeights" | "earlyStopping" | "unfreeze";

export type FineTuneSettings = Required<Omit<FineTuneOptions, Optional>> & Pick<FineTuneOptions, Optional>;

/** The options with their defaults, each checked. */
export function fineTuneSettings(
  options: FineTuneOptions,
  problemType: ProblemType,
  hasValid: boolean,
): FineTuneSettings {
  const settings: FineTuneSettings = {
    batchSize: 32,
    betas: [0.9, 0.999],
    epochs: 2,
    eps: 1e-8,
    frozenDropout: false,
    gradientAccumulation: 1,
    gradientCheckpointing: false,
    labelSmoothing: 0,
    layerwiseDecay: 1,
    learningRate: 5e-5,
    maxGradNorm: 1,
    metric: problemType === "regression" ? "rmse" : "accuracy",
    parameterGroups: [],
    precision: "fp32",
    restoreBest: options.earlyStopping !== undefined,
    schedule: "linear",
    seed: 0,
    warmup: 0.1,
    weightDecay: 0.01,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  checkInteger("epochs", settings.epochs, 1);
  checkInteger("batchSize", settings.batchSize, 1);
  checkInteger("gradientAccumulation", settings.gradientAccumulation, 1);
  checkInteger("seed", settings.seed);
  checkNumber("learningRate", settings.learningRate, 0);
  checkNumber("weightDecay", settings.weightDecay, 0);
  checkNumber("layerwiseDecay", settings.layerwiseDecay, 0, 1);
  checkNumber("warmup", settings.warmup, 0, 1);
  checkNumber("labelSmoothing", settings.labelSmoothing, 0, 1);
  checkNumber("eps", settings.eps, 0);
  for (const beta of settings.betas) checkNumber("betas", beta, 0, 1);
  checkPrecision(settings.precision);
  checkOneOf("schedule", settings.schedule, SCHEDULES);
  if (!(settings.maxGradNorm > 0))
    throw new InputError(`maxGradNorm: expected a number above 0 or Infinity, got ${settings.maxGradNorm}`);
  if (settings.earlyStopping !== undefined) checkInteger("earlyStopping", settings.earlyStopping, 1);
  if ((settings.earlyStopping !== undefined || settings.restoreBest) && !hasValid)
    throw new InputError("earlyStopping and restoreBest judge by validation rows: pass data.valid as well");
  return settings;
}
