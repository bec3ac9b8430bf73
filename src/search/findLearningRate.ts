import type { Dataset } from "../data/Rows";
import { InputError } from "../errors";
import { topNLayerFreeze, unfreezeWhere } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { trainAndValid } from "../options/table";
import { checkDepths } from "../sweep/checkDepths";
import type { FineTuneEvent } from "../training/events";
import type { FineTuneOptions } from "../training/FineTuneOptions";
import { FrozenFeatures } from "../training/FrozenFeatures";
import { KEEPS, startFineTuning } from "../training/fineTune";
import { stepNotFinite } from "../training/LabelledObjective";
import { Run } from "../training/Run";
import { readLabelledRows } from "../training/readRows";
import { Stoppable } from "../training/Stoppable";
import { stepsPerEpoch } from "../training/stepsPerEpoch";
import { RateRange, type RateTried } from "./RateRange";

/** Rows that rates are tried on. */
export interface RateData {
  /** Rows to train on. */
  train: Dataset;
}

type OfSteps =
  | "batchSize"
  | "weightDecay"
  | "betas"
  | "eps"
  | "maxGradNorm"
  | "gradientAccumulation"
  | "microBatchSize"
  | "parameterGroups"
  | "layerwiseDecay"
  | "loss"
  | "classWeights"
  | "labelSmoothing"
  | "precision"
  | "gradientCheckpointing"
  | "frozenDropout";

/** How rates are tried. */
export interface FindLearningRateOptions extends Pick<FineTuneOptions, OfSteps> {
  /**
   * Depths to find a rate for, each its own: 0 freezes the embeddings, N also the first N blocks, -1 nothing. Default: one rate,
   * for what is frozen as it stands.
   */
  n?: readonly number[];
  /**
   * How many rates are tried, each for one step, unless the loss diverges before. Default: 100; fewer where these go through the
   * rows more than ten times, at least 40.
   */
  steps?: number;
  /** The rate of the first step. Default: 1e-6. */
  minLearningRate?: number;
  /** The rate of the last step. Default: 1. */
  maxLearningRate?: number;
  /** Starts every random draw: order of rows and dropout. Default: 0. */
  seed?: number;
  /** Stops between two steps; the model is as it was. */
  signal?: AbortSignal;
}

/** What the loss did while the rate rose. */
export interface RateCurve {
  /** Frozen blocks, -1 for none; null where flags were taken as they stood. */
  n: number | null;
  /** The peak learning rate that is suggested; null where the loss fell no further than batches differ. */
  learningRate: number | null;
  /** Step by step. */
  tried: RateTried[];
  /** Why it ended: the loss had diverged, the last rate had been tried, or it was stopped. */
  ended: "diverged" | "finished" | "aborted";
}

/** A depth whose rates are tried next. */
export interface RateDepthEvent {
  /** What tells it from other events. */
  type: "depth";
  /** Frozen blocks, -1 for none; null where flags are taken as they stand. */
  n: number | null;
  /** Its place among all depths, from 0. */
  index: number;
  /** How many depths there are. */
  count: number;
}

/** What happens while rates are tried. */
export type FindLearningRateEvent = RateDepthEvent | Extract<FineTuneEvent, { type: "frozen" | "step" }>;

/**
 * Suggests a peak learning rate by a range test (Smith, Cyclical Learning Rates for Training Neural Networks, 2017; as fastai's
 * `lr_find`): the rate rises exponentially from step to step of one short training, until the loss diverges. A third of the rate at which
 * the smoothed loss was least is suggested, for each depth `n` its own. The loss is of training rows alone: which rate generalises best,
 * trials on validation rows tell, as those of `freezeSweep` with `learningRates`.
 *
 * The model is left as it was, to the bit: weights, running statistics and flags, also where the run is stopped or throws. A head that
 * would start from a probe (`headInit` of `fineTune`) is none to try rates with: it fits the rows that it would learn from already.
 *
 * @returns a curve for each depth, in the order of `n`; one curve where `n` is left out
 * @throws InputError where options or labels do not fit; a FrostError where the loss is no number from the first step on
 * @example
 * ```ts
 * const curves = await findLearningRate(model, { train }, { n: [-1, 4, 6] });
 * for (const { n, learningRate } of curves) console.log(n, learningRate);
 * await show(learningRateFigure(curves));
 * ```
 * @example
 * ```ts
 * topNLayerFreeze(model, 4);
 * const [{ learningRate }] = await findLearningRate(model, { train });
 * await fineTune(model, { train, valid }, { learningRate: learningRate ?? 5e-5 });
 * ```
 */
export function findLearningRate(
  model: Classifier,
  data: RateData,
  options: FindLearningRateOptions = {},
): Run<FindLearningRateEvent, RateCurve[]> {
  const read = readOptions("findLearningRate", options);
  checkArguments("findLearningRate", { model });
  readNamed("findLearningRate", { train: trainAndValid.train }, data, "data");
  const { n, steps, minLearningRate, maxLearningRate, signal, ...training } = read;
  if (minLearningRate >= maxLearningRate)
    throw new InputError(
      `findLearningRate: minLearningRate: expected less than maxLearningRate, ${maxLearningRate}, got ${minLearningRate}`,
    );
  const own = (training.parameterGroups ?? []).findIndex(({ learningRate }) => learningRate !== undefined);
  if (own >= 0)
    throw new InputError(
      `findLearningRate: parameterGroups[${own}].learningRate: expected groups without rates of their own, since one rate is sought for all; leave it out, or use layerwiseDecay`,
    );
  const train = readLabelledRows("train", model, data.train);
  const depths = n === undefined ? [null] : checkDepths(n, model.depth);
  const stoppable = new Stoppable({ name: "findLearningRate", work: "trying rates", signal, trains: model });
  const perEpoch = stepsPerEpoch(train.count, training);
  const plan: Plan = {
    model,
    train: data.train,
    depths,
    range: { min: minLearningRate, max: maxLearningRate, steps: steps ?? defaultSteps(perEpoch) },
    perEpoch,
    training,
    signal: stoppable.signal,
  };
  return new Run(tryDepths(plan), stoppable);
}

interface Plan {
  model: Classifier;
  train: Dataset;
  depths: (number | null)[];
  range: { min: number; max: number; steps: number };
  perEpoch: number;
  training: FineTuneOptions;
  signal: AbortSignal;
}

/** As fastai; of few rows fewer, which would be learnt by heart. */
const defaultSteps = (perEpoch: number): number => Math.min(100, Math.max(40, 10 * perEpoch));

/** Depths in rising order, so that each goes on from the cached features of the one before; curves in the order that was asked for. */
async function* tryDepths(plan: Plan): AsyncGenerator<FindLearningRateEvent, RateCurve[]> {
  const { model, depths, signal } = plan;
  const features = new FrozenFeatures(model);
  const flags = model.namedParameters().map(([, parameter]) => [parameter, parameter.requiresGrad] as const);
  const { trainedOn } = model;
  const curves = new Map<number | null, RateCurve>();
  try {
    for (const [index, n] of depths.toSorted((a, b) => a! - b!).entries()) {
      if (signal.aborted) break;
      if (n !== null) unfreezeWhere(model, () => true);
      if (n !== null && n >= 0) topNLayerFreeze(model, n);
      yield { type: "depth", n, index, count: depths.length };
      curves.set(n, yield* tryRates(n, features, plan));
    }
  } finally {
    for (const [parameter, requiresGrad] of flags) parameter.requiresGrad = requiresGrad;
    model.trainedOn = trainedOn;
    features.dispose();
  }
  return depths.flatMap((n) => curves.get(n) ?? []);
}

/** One training whose rate rises; the model holds what it held afterwards. */
async function* tryRates(
  n: number | null,
  features: FrozenFeatures,
  { model, train, range, perEpoch, training, signal }: Plan,
): AsyncGenerator<FindLearningRateEvent, RateCurve> {
  const rates = new RateRange(range);
  const { run } = startFineTuning(
    model,
    { train },
    {
      ...training,
      learningRate: range.max,
      epochs: Math.ceil(range.steps / perEpoch),
      features,
      signal,
    },
    { ...KEEPS, ramp: (step) => rates.at(step) / range.max },
  );
  const held = [...model.namedParameters(), ...model.namedBuffers()].map(
    ([, parameter]) => [parameter, parameter.snapshot()] as const,
  );
  try {
    for await (const event of run) {
      if (event.type === "frozen" || event.type === "step") yield event;
      if (event.type !== "step") continue;
      rates.take(event.loss);
      if (rates.ended !== null) break;
    }
  } catch (error) {
    // At the first step nothing has been learnt yet, at whatever rate.
    if ((stepNotFinite(error) ?? 1) === 1) throw error;
    rates.diverge();
  } finally {
    for (const [parameter, snapshot] of held) {
      parameter.restore(snapshot);
      snapshot.dispose();
    }
  }
  return { n, learningRate: rates.suggested, tried: rates.tried, ended: rates.ended ?? "aborted" };
}
