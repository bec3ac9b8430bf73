import type { Dataset } from "../data/Rows";
import { checkPrecision, type Precision } from "../engine/autocast";
import { InputError } from "../errors";
import type { ProblemType } from "../models/Parts";
import type { FloatTypeName } from "../options/floatType";
import { readOptions } from "../options/readOptions";
import type { HEAD_INITS } from "../options/words";
import type { AdversarialChoice } from "./Adversary";
import type { MetricChoice } from "./CustomMetric";
import { checkFromEpoch } from "./checkFromEpoch";
import type { FrozenFeatures } from "./FrozenFeatures";
import type { ParameterGroup } from "./learningRates";
import type { LossOptions } from "./loss";
import type { SaveEvery } from "./SavePace";
import type { Schedule } from "./schedule";
import type { Unfreeze } from "./Unfreezing";
import type { AverageChoice } from "./WeightAverage";

/** What a model is trained on and judged by. */
export interface FineTuneData {
  /** Rows to train on. */
  train: Dataset;
  /** Rows to score after each epoch; without them only the training loss is known. Default: none. */
  valid?: Dataset;
}

/** How a model is trained. */
export interface FineTuneOptions extends LossOptions {
  /** How often the training rows are gone through. Default: 2. */
  epochs?: number;
  /** Rows a step. Default: 32. */
  batchSize?: number;
  /** Peak learning rate of AdamW. Default: 5e-5. */
  learningRate?: number;
  /** Decoupled weight decay. Default: 0.01. */
  weightDecay?: number;
  /** Shares that AdamW's running means of gradients and of their squares keep at each step. Default: [0.9, 0.999]. */
  betas?: [number, number];
  /** Keeps AdamW from dividing by zero. Default: 1e-8. */
  eps?: number;
  /** How the learning rate falls after the warm-up. Default: "linear". */
  schedule?: Schedule;
  /** Share of all steps over which the learning rate rises from 0. Default: 0.1. */
  warmup?: number;
  /** Gradients are scaled down to this global norm; `Infinity` leaves them. Default: 1. */
  maxGradNorm?: number;
  /** Batches whose gradients make one step. Default: 1. */
  gradientAccumulation?: number;
  /**
   * Rows that go through the model at a time; their gradients are added up to those of the batch, so that a step stays what it
   * is. "auto" finds by trying, before the first step, how many fit into memory. Where memory runs out, half as many go at a time
   * from then on. Default: all of a batch.
   */
  microBatchSize?: number | "auto";
  /**
   * Parameters that learn at a rate or decay of their own. Later groups win over earlier ones, and over layer-wise decay.
   * Default: none.
   */
  parameterGroups?: ParameterGroup[];
  /** The learning rate falls by this factor with each layer below the head (Howard and Ruder 2018). Default: 1. */
  layerwiseDecay?: number;
  /**
   * What the last layer of a new head starts from: the values drawn for it, or a linear probe of the training rows. The probe is
   * a ridge regression on what the layer reads of them, one forward for all depths and seeds; fine-tuning goes on from there
   * (Kumar et al. 2022). Default: "random".
   */
  headInit?: (typeof HEAD_INITS)[number];
  /**
   * Judges by a mean of the weights and ends with it, while training goes on with the weights themselves. "ema" is exponential,
   * after each step; "swa" is that of the ends of the last epochs (Izmailov et al. 2018). `{ name: "ema", decay: 0.99 }` and `{
   * name: "swa", fromEpoch: 3, everySteps: 50 }` set what is 0.999, the last quarter of the epochs, two at least, and each
   * epoch's end otherwise. Default: none.
   */
  average?: AverageChoice;
  /**
   * Learns from gradients at disturbed weights, found by a second forward and backward of each step. "fgm" moves the word
   * embeddings along their gradient and counts both gradients (Miyato et al. 2017); "awp" moves the weights that learn and counts
   * the gradients there alone (Wu et al. 2020). `{ name: "fgm", epsilon: 0.5 }` and `{ name: "awp", learningRate: 1e-3, epsilon:
   * 1e-3, fromEpoch: 2 }` set what is 1, 1e-4, 1e-2 and the first epoch otherwise. Default: none.
   */
  adversarial?: AdversarialChoice;
  /** Thaws from the head down as epochs go; parameters that are frozen when the run starts stay frozen. Default: no thawing. */
  unfreeze?: Unfreeze;
  /**
   * Judges epochs for `earlyStopping` and `restoreBest`: a metric's name or "loss". In `fineTune` also `{ name, score,
   * greaterIsBetter }`, one of your own. Default: accuracy, or rmse in a regression.
   */
  metric?: MetricChoice;
  /**
   * Further metrics to compute at each look at the rows: balancedAccuracy, macroF1, microF1, weightedF1 and quadraticKappa of
   * classes, mae, r2, pearson, spearman and mcrmse of numbers; behind a colon that of one class or target alone, "rocAuc:toxic".
   * One of your own is `{ name, score, greaterIsBetter }`, which a sweep does not take. Default: none.
   */
  metrics?: MetricChoice[];
  /**
   * Scores the validation rows within an epoch as well: every so many steps, counted from its beginning, or after each such share
   * of it, as 0.5. Its end is scored in any case. `metric` then judges each evaluation. Default: at each epoch's end alone.
   */
  evalEvery?: number;
  /**
   * Stops after this many epochs in a row without a better one, with `evalEvery` after this many evaluations. Default: never.
   */
  earlyStopping?: number;
  /**
   * Ends with the weights of the best epoch, with `evalEvery` of the best evaluation. Default: true with `earlyStopping`, else
   * false.
   */
  restoreBest?: boolean;
  /**
   * Of matrix products: "bf16" reads their factors in bfloat16, "fp16" in float16, where training scales the loss so that its
   * gradients fit; both on engine tensorflow. All else is float32, convolutions too. Default: "fp32".
   */
  precision?: FloatTypeName;
  /**
   * Saves of each stage below the head nothing but its input and computes it again in backward: less memory, a forward more a
   * step, the same losses bit for bit. Default: false.
   */
  gradientCheckpointing?: boolean;
  /**
   * Lets dropout fire in frozen stages while training, as PyTorch does; the frozen part then runs at every step. Default: false.
   */
  frozenDropout?: boolean;
  /** Starts every random draw: order of rows and dropout. Default: 0. */
  seed?: number;
  /** Stops between two steps; what was learned so far stays. */
  signal?: AbortSignal;
  /**
   * A folder for the run's state, from which the same call goes on where a run was stopped or killed, to the same numbers bit for
   * bit on the same engine; a run that has ended gives its weights and result from there. Default: none.
   */
  resume?: string;
  /** Begins anew, whatever state of an earlier run the folder holds. Default: false. */
  restart?: boolean;
  /**
   * How often the state is written within an epoch: every so many steps, or `{ minutes: 10 }`; then at each epoch's end as well.
   * Default: as often as takes at most 2 % of the time.
   */
  saveEvery?: SaveEvery;
  /** Ends it between two steps when so many minutes have passed, as on a machine that will be taken away. Default: no limit. */
  maxMinutes?: number;
  /** Takes a line where rows to validate on are trained on, and those on what is resumed. Default: console.info. */
  log?: (line: string) => void;
  /** Cached features of the frozen stages, shared by several runs; left out, the run has its own. */
  features?: FrozenFeatures;
}

type Optional =
  | "features"
  | "log"
  | "signal"
  | "classWeights"
  | "loss"
  | "average"
  | "adversarial"
  | "microBatchSize"
  | "evalEvery"
  | "earlyStopping"
  | "unfreeze"
  | Keeping;
type Keeping = "resume" | "saveEvery" | "maxMinutes";

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
    metrics: read.metrics ?? [],
    parameterGroups: read.parameterGroups ?? [],
    restoreBest: read.restoreBest ?? read.earlyStopping !== undefined,
  };
  checkPrecision(settings.precision);
  for (const option of ["adversarial", "average"] as const)
    checkFromEpoch(option, settings[option], settings.epochs);
  if ((settings.earlyStopping !== undefined || settings.restoreBest) && !hasValid)
    throw new InputError("earlyStopping and restoreBest judge by validation rows: pass data.valid as well");
  if (settings.evalEvery !== undefined && !hasValid)
    throw new InputError("evalEvery scores validation rows: pass data.valid as well");
  return settings;
}
