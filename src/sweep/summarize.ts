import { isDeepStrictEqual } from "node:util";
import { InputError } from "../errors";
import { greatest } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { besidesRate } from "./besidesRate";
import { compareDepths, type DepthDifference, type JudgedDepth } from "./compareDepths";
import { groupBy } from "./groupBy";
import { isBetter } from "./isBetter";
import { mean } from "./mean";
import { predictedScore } from "./predictedScore";
import { rateOf } from "./rateOf";
import { type EpochRecord, epochOfWeights, type TrialRecord } from "./record";
import { trialKey } from "./trialKey";
import { type Undertrained, undertrained } from "./undertrained";

/** What judges depths. */
export interface SummaryOptions {
  /** What depths are judged by. Default: "accuracy". */
  metric?: string;
}

/** A score over seeds. */
export interface Spread {
  /** Over the seeds. */
  mean: number;
  /** Over the seeds, n - 1 in the denominator; null for a single seed. */
  sd: number | null;
  /** What the mean is known to, by the rule at `summarize`; null where one seed cannot tell. */
  standardError: number | null;
}

/** The results of the trials of one strategy, one depth and one learning rate. Seconds and counts are means over the seeds, peaks the highest. */
export interface RateSummary {
  /** "freeze", or a recipe's name. */
  strategy: string;
  /** Frozen blocks; -1 for none. */
  n: number;
  /** Whether the strategy is a recipe, which has no depth: its `n` is -1. */
  recipe: boolean;
  /** Peak rate of the optimizer; null where records do not say. */
  learningRate: number | null;
  /** Trials of this depth and rate. */
  seeds: number;
  /** What depths are judged by, and the trials' score in it. */
  metric: string;
  /** In the metric. */
  score: Spread;
  /** Null where the task has none. */
  accuracy: Spread | null;
  /** Training and evaluation of one epoch, mean over the epochs; the frozen pass is not in it. */
  secondsPerEpoch: number;
  /** Of one epoch. */
  trainSeconds: number;
  /** Of one epoch that looks at the validation rows. */
  evalSeconds: number;
  /** Once per trial. */
  frozenSeconds: number;
  /** Of the seed that took longest: it computed the features that the others share. */
  longestFrozenSeconds: number;
  /** Whether a trial read features from disk that an earlier run had computed: the frozen pass by itself takes longer then. */
  frozenFromCache: boolean;
  /** A whole trial that looks at the validation rows after every epoch: the frozen pass and all epochs. */
  totalSeconds: number;
  /** Of a trial, mean over the seeds. */
  epochs: number;
  /** The most of all trials. */
  peakTensorBytes: number;
  /** The most of all trials, of the whole process. */
  peakRssBytes: number;
  /** Elements that learned. */
  trainableParameters: number;
  /** Elements of the model. */
  totalParameters: number;
  /** How many rows it was judged by. */
  validRows: number;
  /**
   * Where the training loss of most trials says that the rate was too low to show what the depth can do: it has hardly fallen, or falls
   * at the end as steeply as at first. Null where it does not, and for records that hold no `lossCurve`.
   */
  undertrained: Undertrained | null;
}

/**
 * The results of one strategy and one depth: those of its best rate. What does not depend on the rate, memory and the frozen pass, is
 * that of all its trials. It is undertrained only where no higher rate was tried than its best.
 */
export interface DepthSummary extends RateSummary {
  /** Every rate that was tried, the lowest first. */
  rates: RateSummary[];
  /**
   * Its score less that of the best depth on the same rows, each at its best rate; null for the best depth itself, and where no
   * predictions lie beside the records.
   */
  difference: DepthDifference | null;
  /** Why there is no difference, in one line, where some of the records have predictions beside them. */
  unpaired: string | null;
}

/**
 * One row per strategy and depth, strategies in their order of appearance, depths ascending. All records must be of one
 * sweep. Where it tried several learning rates, a row is that of the rate with the best mean score: chosen on the rows that it is judged
 * by, so each score is the best of several tries, and flatters by as much as tries are many. `metric` is what depths are judged by: accuracy unless named, "loss", a
 * name from the trials' epochs, or any other of `metrics` where predictions lie beside the records.
 *
 * Standard error. A mean accuracy could have come out otherwise for two reasons: other seeds (variance sd² / seeds) and
 * other validation rows (p(1 - p) / rows). The second does not shrink with seeds, since all of them are judged on the same
 * rows, so the spread over seeds alone would call a difference real that fresh rows would not bear out. The two variances
 * add; with one seed the second stands alone, which is the error of Breiman's rule on a test sample. (The sum is a little
 * wide, as part of the seeds' spread is chance within the rows: it errs towards freezing.) Other metrics have no such
 * formula for the rows: theirs is sd / √seeds, unknown for one seed.
 *
 * Differences. Where what the rows got lies beside the records, as a sweep writes it, each depth has its difference to the best one on
 * the same rows and seeds, with the standard error and the 95 % interval of a paired bootstrap: for any metric, and narrower, since what
 * is hard about a row is so for both.
 *
 * @throws InputError for records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * for (const { n, score } of summarize(records)) console.log(n, score.mean, score.standardError);
 * ```
 */
export function summarize(records: TrialRecord[], options: SummaryOptions = {}): DepthSummary[] {
  const { metric } = readOptions("summarize", options);
  checkArguments("summarize", { records });
  checkOneSweep(records);
  const depths = [...groupBy(records, (record) => record.strategy).values()].flatMap((strategy) =>
    [...groupBy(strategy, (record) => record.n).values()]
      .sort(([a], [b]) => a.n - b.n)
      .map((trials) => summarizeDepth(trials, metric)),
  );
  compareDepths(depths, metric, (trial) => scoreOf(trial, metric));
  return depths.map(({ row }) => row);
}

/** Depths compare where trials differ in depth, rate and seed alone. (Strategies may differ in their settings too.) */
function checkOneSweep(records: TrialRecord[]): void {
  const names = new Set<string>();
  const firsts = new Map<string, TrialRecord>();
  for (const record of records) {
    const { trial, strategy } = record;
    for (const name of ["modelHash", "dataHash"] as const)
      if (record[name] !== records[0][name])
        throw new InputError(
          `records: expected one ${name}, got ${records[0][name]} and ${record[name]} (trial ${trial}); ${advice}`,
        );
    const first = firsts.get(strategy) ?? record;
    firsts.set(strategy, first);
    if (
      !isDeepStrictEqual(besidesRate(first.settings), besidesRate(record.settings)) ||
      !isDeepStrictEqual(first.recipe, record.recipe)
    )
      throw new InputError(
        `records: expected the same settings in all trials, but ${first.trial} and ${trial} differ; ${advice}`,
      );
    const key = trialKey(record);
    if (names.has(key))
      throw new InputError(`records: expected each trial once, got ${trial} twice; ${advice}`);
    names.add(key);
  }
}

const advice = "compare trials of one sweep, and give each sweep a folder of its own";

function summarizeDepth(trials: TrialRecord[], metric: string): JudgedDepth {
  const rates = [...groupBy(trials, rateOf).values()]
    .map((those) => summarizeRate(those, metric))
    .sort((a, b) => (a.learningRate ?? 0) - (b.learningRate ?? 0));
  const best = rates.reduce((best, each) => (isBetter(each, best) ? each : best));
  const frozenSeconds = mean(trials.map((trial) => trial.frozenSeconds));
  const most = (of: (rate: RateSummary) => number) => greatest(rates.map(of));
  const row: DepthSummary = {
    ...best,
    frozenSeconds,
    longestFrozenSeconds: most((rate) => rate.longestFrozenSeconds),
    frozenFromCache: rates.some((rate) => rate.frozenFromCache),
    totalSeconds: best.totalSeconds - best.frozenSeconds + frozenSeconds,
    peakTensorBytes: most((rate) => rate.peakTensorBytes),
    peakRssBytes: most((rate) => rate.peakRssBytes),
    undertrained: best === rates.at(-1) ? best.undertrained : null,
    rates,
    difference: null,
    unpaired: null,
  };
  return { row, trials: trials.filter((trial) => rateOf(trial) === best.learningRate) };
}

function summarizeRate(trials: TrialRecord[], metric: string): RateSummary {
  const { strategy, n } = trials[0];
  const over = (f: (trial: TrialRecord) => number) => mean(trials.map(f));
  const overEpochs = (f: (epoch: EpochRecord) => number) => over((trial) => mean(trial.epochs.map(f)));
  const trainSeconds = overEpochs((epoch) => epoch.trainSeconds);
  const evalSeconds = over(evalSecondsOf);
  const validRows = over((trial) => trial.validRows);
  const accuracies = trials.map((trial) => trial.accuracy).filter((accuracy) => accuracy !== null);
  const accuracy = accuracies.length === trials.length ? spreadOfAccuracy(accuracies, validRows) : null;
  return {
    strategy,
    n,
    recipe: trials[0].recipe !== undefined,
    learningRate: rateOf(trials[0]),
    seeds: trials.length,
    metric,
    score:
      metric === "accuracy" && accuracy ? accuracy : spread(trials.map((trial) => scoreOf(trial, metric))),
    accuracy,
    secondsPerEpoch: trainSeconds + evalSeconds,
    trainSeconds,
    evalSeconds,
    frozenSeconds: over((trial) => trial.frozenSeconds),
    longestFrozenSeconds: greatest(trials.map((trial) => trial.frozenSeconds)),
    frozenFromCache: trials.some((trial) => trial.frozenFrom === "cache"),
    totalSeconds: over((trial) => totalSeconds(trial)),
    epochs: over((trial) => trial.epochs.length),
    peakTensorBytes: greatest(trials.map((trial) => trial.peakTensorBytes)),
    peakRssBytes: greatest(trials.map((trial) => trial.peakRssBytes)),
    trainableParameters: over((trial) => trial.trainableParameters),
    totalParameters: over((trial) => trial.totalParameters),
    validRows,
    undertrained: mostly(trials.map(undertrained)),
  };
}

/** What more than half of the trials say, in the words of the most. */
function mostly(said: (Undertrained | null)[]): Undertrained | null {
  const counts = [...groupBy(said, (each) => each)].map(([what, those]) => ({ what, count: those.length }));
  const none = counts.find(({ what }) => what === null)?.count ?? 0;
  if (2 * none >= said.length) return null;
  return counts.filter(({ what }) => what !== null).sort((a, b) => b.count - a.count)[0].what;
}

function scoreOf(trial: TrialRecord, metric: string): number {
  const ended = epochOfWeights(trial);
  const score = epochScore(ended, metric) ?? predictedScore(trial, metric);
  if (typeof score === "number") return score;
  throw new InputError(
    `metric: trial ${trial.trial} has no ${metric} to judge by; name one it has: loss, ${Object.keys(ended.metrics).join(", ")}`,
  );
}

/** What an epoch and an evaluation within one have in common. */
export type Scored = Pick<EpochRecord, "epoch" | "trainLoss" | "validLoss" | "metrics">;

/** A metric of one epoch or evaluation by the names `fineTune` takes: "loss" is the validation loss. */
export function epochScore(epoch: Scored, metric: string): number | null | undefined {
  return metric === "loss" ? epoch.validLoss : epoch.metrics[metric];
}

/** Of an epoch that looked at the validation rows: trials of a search do so after the last one alone, and are to compare with those of a sweep. */
function evalSecondsOf({ epochs }: TrialRecord): number {
  const looked = epochs.filter(({ validLoss }) => validLoss !== null);
  return mean((looked.length > 0 ? looked : epochs).map((epoch) => epoch.evalSeconds));
}

function totalSeconds(record: TrialRecord): number {
  const { frozenSeconds, epochs } = record;
  return (
    epochs.reduce((sum, epoch) => sum + epoch.trainSeconds, frozenSeconds) +
    epochs.length * evalSecondsOf(record)
  );
}

export function spread(values: number[]): Spread {
  const m = mean(values);
  if (values.length === 1) return { mean: m, sd: null, standardError: null };
  const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - m) ** 2, 0) / (values.length - 1));
  return { mean: m, sd, standardError: sd / Math.sqrt(values.length) };
}

function spreadOfAccuracy(values: number[], validRows: number): Spread {
  const overSeeds = spread(values);
  const p = overSeeds.mean;
  const standardError = Math.hypot(overSeeds.standardError ?? 0, Math.sqrt((p * (1 - p)) / validRows));
  return { ...overSeeds, standardError };
}
