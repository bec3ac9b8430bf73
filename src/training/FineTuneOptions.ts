import { checkPrecision, type Precision } from "../engine/autocast";
import { InputError } from "../errors";
import type { ProblemType } from "../models/Classifier";
import type { FloatTypeName } from "../options/floatType";
import { readOptions } from "../options/readOptions";
import type { Dataset } from "./dataset";
import type { FrozenFeatures } from "./FrozenFeatures";
import type { ParameterGroup } from "./learningRates";
import type { LossOptions } from "./loss";
import type { Schedule } from "./schedule";
import type { Unfreeze } from "./Unfreezing";

/** What a model is trained on and judged by. */
export interface FineTuneData {
  train: Dataset;
  /** Scored after each epoch; left out, only the training loss is known. */
  valid?: Dataset;
}

/** How a model is trained. */
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
  precision?: FloatTypeName;
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

export type FineTuneSettings = Required<Omit<FineTuneOptions, Optional | "precision">> &
  Pick<FineTuneOptions, Optional> & { precision: Precision };

/** The options with their defaults, each checked. */
export function fineTuneSettings(
  options: FineTuneOptions,
  problemType: ProblemType,
  hasValid: boolean,
): FineTuneSettings {
  const read = readOptions("fineTune", options);
  const settings: FineTuneSettings = {
    ...read,
    metric: read.metric ?? (problemType === "regression" ? "rmse" : "accuracy"),
    parameterGroups: read.parameterGroups ?? [],
    restoreBest: read.restoreBest ?? read.earlyStopping !== undefined,
  };
  checkPrecision(settings.precision);
  if ((settings.earlyStopping !== undefined || settings.restoreBest) && !hasValid)
    throw new InputError("earlyStopping and restoreBest judge by validation rows: pass data.valid as well");
  return settings;
}
