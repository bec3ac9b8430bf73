import type { Rows } from "../data/Rows";
import type { Classifier } from "../models/Classifier";
import { evaluationSteps } from "../training/evaluationSteps";
import type { FineTuneSettings } from "../training/FineTuneOptions";
import { stepsPerEpoch } from "../training/stepsPerEpoch";

/** What trials take, counted and not clocked, so that a search decides the same on every machine; 1 is a fine-tuning with nothing frozen. */
export interface TrialCosts {
  /** Fine-tuning with N blocks frozen, its frozen features being there. */
  trial(n: number): number;
  /** The forward through the frozen part of the deepest of the depths, whose features all trials share; 0 where nothing can be cached. */
  features: number;
  /** The forward from the features of another depth, or from the rows where that is null, to those of N; 0 where nothing is shared. */
  pass(n: number, from: number | null): number;
  /** How many stages N blocks frozen freeze. */
  stages(n: number): number;
}

/** A backward takes twice its forward: gradients of the inputs and of the weights. */
const STEP = 3;
/** Of a block's forward: embeddings and a head hardly multiply anything. */
const [EMBEDDINGS, HEAD] = [0.15, 0.03];
/** A last block whose head reads one row of each text computes keys and values of all rows, and of the others nothing. */
const FIRST_ROWS = 1 / 6;

/**
 * Counts the forwards of blocks, row by row. Fine-tuning looks at the validation rows after each epoch, a trial of the search after the
 * last one unless it stops early, and then as often as `evalEvery` says.
 */
export function trialCosts(
  model: Classifier,
  depths: readonly number[],
  train: Rows,
  valid: Rows,
  settings: Pick<
    FineTuneSettings,
    | "epochs"
    | "frozenDropout"
    | "evalEvery"
    | "earlyStopping"
    | "restoreBest"
    | "precision"
    | "batchSize"
    | "gradientAccumulation"
  >,
): TrialCosts {
  const { stages } = model;
  const last = stages.length - 1;
  const works = stages.map((stage, i) => {
    if (i === 0) return train.kind === "images" ? convolutions(stage) : EMBEDDINGS;
    if (i === last) return HEAD;
    if (train.kind === "images") return convolutions(stage);
    return i === last - 1 && stages[last].readsFirstRows ? FIRST_ROWS : 1;
  });
  const sum = (from: number, to: number) => works.slice(from, to).reduce((a, b) => a + b, 0);
  const frozen = new Map(depths.map((n) => [n, frozenStages(model, n)]));
  const { epochs, frozenDropout, evalEvery, earlyStopping, restoreBest, precision } = settings;
  const inEpoch = evaluationSteps(evalEvery, stepsPerEpoch(train.count, settings)).length + 1;
  const looks = earlyStopping !== undefined || restoreBest ? epochs * inEpoch : 1;
  const [rows, judged] = [train.count, valid.count];
  const all = sum(0, stages.length);
  const whole = (epochs * rows * STEP + epochs * judged) * all;
  // What is rounded in half precision is that of one depth alone, so each trial computes its own.
  const shared = !frozenDropout && precision === "fp32";
  const trial = (n: number) => {
    const below = sum(0, frozen.get(n)!);
    const above = all - below;
    const again = frozenDropout ? epochs : train.varies ? epochs : shared ? 0 : 1;
    const judgedAgain = frozenDropout ? looks : shared ? 0 : 1;
    return (
      (rows * (epochs * STEP * above + again * below) + judged * (looks * above + judgedAgain * below)) /
      whole
    );
  };
  const pass = (n: number, from: number | null) => {
    const between = sum(from === null ? 0 : frozen.get(from)!, frozen.get(n)!);
    return shared ? (((train.varies ? 0 : rows) + judged) * between) / whole : 0;
  };
  return {
    trial,
    features: pass(Math.max(...depths), null),
    pass,
    stages: (n) => frozen.get(n)!,
  };
}

/** Stages of a ResNet halve the sides and double the width, so each of their convolutions multiplies about as much as any other's. */
const convolutions = ({ parameters }: Classifier["stages"][number]): number =>
  Math.max(0.1, parameters.filter(({ shape }) => shape.length === 4).length);

/** Blocks that share their weights are frozen together. */
function frozenStages({ stages }: Classifier, n: number): number {
  const frozen = new Set(stages.slice(0, n + 1).flatMap(({ parameters }) => parameters));
  const first = stages.findIndex(({ parameters }) => parameters.some((parameter) => !frozen.has(parameter)));
  return first === -1 ? stages.length : first;
}
