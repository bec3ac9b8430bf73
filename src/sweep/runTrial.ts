import type { LabelledRows } from "../data/Rows";
import { rowTexts } from "../data/rowTexts";
import { peakBytes } from "../engine/peakBytes";
import { ensureEngine } from "../engine/useEngine";
import { listParams, topNLayerFreeze, unfreezeWhere } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { readWhole } from "../nn/Stage";
import type { FineTuneEvent } from "../training/events";
import type { FrozenFeatures } from "../training/FrozenFeatures";
import { startFineTuning } from "../training/fineTune";
import type { SaveEvery } from "../training/SavePace";
import { version } from "../version";
import type { About } from "./about";
import type { Pretrained } from "./Pretrained";
import type { RowPredictions } from "./RowPredictions";
import { rateOf } from "./rateOf";
import { epochOfWeights, RECORD_FORMAT, type TrialRecord } from "./record";
import { applyRecipe, recipeSettings } from "./strategies";
import type { Trial } from "./trial";
import { trialState } from "./trialState";

/** What trials share: they run one after the other on one model, which each leaves as it found it. */
export interface TrialBench {
  model: Classifier;
  train: LabelledRows;
  valid: LabelledRows;
  pretrained: Pretrained;
  features: FrozenFeatures;
  modelHash: string;
  dataHash: string;
  /** SHA-256 of the validation rows. */
  rowsHash: string;
  signal?: AbortSignal;
  /** Whether the validation rows are looked at after each trial's last epoch alone, where nothing is judged by the others. */
  evaluatesLast?: boolean;
  about: About;
  /** Where the state of the trial that runs is kept, and how often. */
  states: { folder: string; saveEvery?: SaveEvery; log: (line: string) => void };
}

/** What a trial came to, and what each validation row got. */
export interface TrialResult {
  record: TrialRecord;
  predictions: RowPredictions;
}

/**
 * Runs one trial, from where an earlier run of it stopped, and yields its progress; its result is `null` where the signal ended it before
 * its last epoch.
 */
export async function* runTrial(
  planned: Trial,
  bench: TrialBench,
): AsyncGenerator<FineTuneEvent, TrialResult | null> {
  const { trial, strategy, n, seed, learningRate, settings, recipe } = planned;
  const { folder, saveEvery, log } = bench.states;
  const { model, train, valid, pretrained, features, signal } = bench;
  const engine = await ensureEngine();
  unfreezeWhere(model, () => true);
  if (n >= 0) topNLayerFreeze(model, n);
  const undo = recipe ? applyRecipe(model, recipe, seed) : null;
  const { trainedOn } = model;
  await pretrained.hold();
  model.reinitialize(seed);
  try {
    // All weights are read before anything is measured, even those that cached features make needless: figures must not depend on the
    // trials before.
    readWhole(model.stages);
    const peak = peakBytes();
    const own = recipe ? recipeSettings(settings, recipe) : settings;
    const data = { train: train.dataset, valid: valid.dataset };
    let peakBefore = 0;
    const said: { outputs?: Float32Array } = {};
    const { run } = startFineTuning(
      model,
      data,
      { ...own, seed, signal, features, resume: trialState(folder, planned), saveEvery, log },
      {
        end: false,
        evaluatesLast: bench.evaluatesLast,
        figure: () => Math.max(peakBefore, peak()),
        restore: (bytes) => {
          peakBefore = bytes;
        },
        predictions: (outputs) => {
          said.outputs = outputs;
        },
      },
    );
    yield* run;
    const {
      epochs,
      evaluations,
      epoch,
      lossCurve,
      stopped,
      frozenSeconds,
      frozenFrom,
      microBatchSize,
      trainableParameters,
    } = await run;
    const { outputs } = said;
    if (stopped === "aborted" || !outputs) return null;
    const ended = epochOfWeights({ epochs, evaluations, restoredEpoch: epoch });
    const record: TrialRecord = {
      trial,
      format: RECORD_FORMAT,
      strategy,
      n,
      seed,
      ...(learningRate !== undefined && { learningRate }),
      engine: engine.name,
      engineReason: engine.reason,
      precision: settings.precision ?? "fp32",
      accuracy: ended.metrics.accuracy ?? null,
      frozenSeconds,
      ...(frozenFrom && { frozenFrom }),
      epochs,
      ...(evaluations && { evaluations }),
      // A head of the checkpoint's own may know the task already, and one that starts from a probe does.
      ...(lossCurve && model.newlyInitialized.length > 0 && settings.headInit !== "probe" && { lossCurve }),
      ...(epoch === epochs.at(-1)!.epoch ? {} : { restoredEpoch: epoch }),
      peakTensorBytes: Math.max(peakBefore, peak()),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      ...(microBatchSize !== undefined && { microBatchSize }),
      trainableParameters,
      totalParameters: listParams(model).totals.total,
      trainRows: train.count,
      validRows: valid.outputs,
      modelHash: bench.modelHash,
      dataHash: bench.dataHash,
      settings: { ...settings },
      ...(recipe && { recipe: { ...recipe } }),
      about: { ...bench.about, options: { ...bench.about.options, learningRate: rateOf(planned) } },
      versions: { frostkit: version, node: process.versions.node, ...engine.versions },
    };
    const predictions = { outputs, labels: valid.labels, rows: bench.rowsHash };
    // Of words nothing is shown one by one.
    if (valid.perToken) return { record, predictions };
    const texts = valid.inputs.map((input) => rowTexts.get(input) ?? "");
    return { record, predictions: { ...predictions, texts } };
  } finally {
    undo?.();
    model.trainedOn = trainedOn;
    pretrained.restoreWeights();
    pretrained.restoreFlags();
  }
}
