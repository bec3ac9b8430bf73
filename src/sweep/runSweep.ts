import { isDeepStrictEqual } from "node:util";
import { checkInteger } from "../check";
import { AutoModelForImageClassification } from "../checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../checkpoint/AutoModelForSequenceClassification";
import type { Dataset } from "../data/Rows";
import { rowsOf } from "../data/rowsOf";
import { saySharedRows } from "../data/saySharedRows";
import { ensureEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import { FolderLock } from "../files/FolderLock";
import type { Classifier } from "../models/Classifier";
import { differences } from "../text/differences";
import { checkHeadInit } from "../training/checkHeadInit";
import { checkWeights } from "../training/checkWeights";
import { fineTuneSettings } from "../training/FineTuneOptions";
import { FrozenFeatures } from "../training/FrozenFeatures";
import { readLabelledRows } from "../training/readRows";
import { aboutSweep } from "./about";
import { autoRates, autoRatesOf } from "./autoRates";
import { besidesRate } from "./besidesRate";
import { hashData, hashModel } from "./hashes";
import { Pretrained } from "./Pretrained";
import { RecordStore } from "./RecordStore";
import { rateOf } from "./rateOf";
import type { TrialRecord } from "./record";
import { runTrial, type TrialBench, type TrialResult } from "./runTrial";
import type { SweepData, SweepEvent, SweepOptions, SweepResult } from "./SweepOptions";
import { applyRecipe, checkStrategies, type Strategy } from "./strategies";
import { type Rates, type Trial, type TrialSettings, trials } from "./trial";
import { trialKey } from "./trialKey";
import { clearTrialState, clearTrialStates } from "./trialState";

/** A sweep with all that was left out filled in, but the settings, which records hold as they were asked for. */
export interface Plan extends SweepData, Pick<SweepOptions, "n" | "signal" | "saveEvery"> {
  log: (line: string) => void;
  source: string | Classifier;
  seeds: readonly number[];
  strategies: readonly Strategy[];
  /** Null where the rate of the settings is the only one. */
  rates: readonly number[] | "auto" | null;
  out: string;
  restart: boolean;
  about: Record<string, string>;
  settings: TrialSettings;
}

/** Runs the trials that the sweep's folder has no record of, and yields what happens. */
export async function* runSweep(plan: Plan): AsyncGenerator<SweepEvent, SweepResult> {
  const { source, n, strategies, rates, seeds, out, restart, saveEvery, about, signal, log, settings } = plan;
  const engine = await ensureEngine(log);
  const model = typeof source === "string" ? await load(source, plan.train, log) : source;
  const features = new FrozenFeatures(model);
  const pretrained = new Pretrained(model);
  let lock: FolderLock | null = null;
  try {
    const train = readLabelledRows("train", model, plan.train);
    const valid = readLabelledRows("valid", model, plan.valid);
    const shared = saySharedRows(train, valid);
    if (shared !== null) log(shared);
    const whole = fineTuneSettings(settings, model.problemType, true);
    // Of all seeds before the first trial, not hours later.
    for (const seed of seeds) checkWeights(train, { ...whole, seed });
    if (whole.headInit === "probe") checkHeadInit(model);
    checkJson({ ...settings, strategies });
    const recipes = checkStrategies(strategies, model, whole.epochs);
    const depths =
      n?.length === 0 && recipes.length > 0 ? [] : checkDepths(n ?? [-1, ...model.depths], model.depth);
    checkSeeds(seeds);
    const store = new RecordStore(out);
    lock = FolderLock.take(out, log);
    const bench: TrialBench = {
      model,
      ...{ train, valid },
      pretrained,
      features,
      modelHash: await hashModel(model),
      dataHash: hashData(train, valid),
      rowsHash: valid.contentHash(),
      signal,
      about: aboutSweep(source, model, train, whole, about),
      states: { folder: out, saveEvery, log },
    };
    try {
      // What a recipe asks of the model shows before the first trial.
      for (const recipe of recipes) applyRecipe(model, recipe, 0)();
    } finally {
      pretrained.restoreFlags();
    }
    if (restart) {
      store.setAside();
      clearTrialStates(out);
    }
    const kept = store.read();
    if (kept.length > 0) refuseOthers(kept, plan, bench);
    // A rate that is one of several in the folder goes by their names.
    const several = kept.some(({ learningRate }) => learningRate !== undefined);
    const listed = rates ?? (several ? [rateOf({ settings })!] : null);
    const planned = trials(depths, recipes, ratesOf(listed, model), [...new Set(seeds)], settings);
    const records = new Map<string, TrialRecord>();
    for (const record of kept)
      for (const trial of planned)
        if (record.engine === engine.name && isRecordOf(record, trial, bench))
          records.set(trial.trial, record);
    for (const trial of planned) if (records.has(trial.trial)) clearTrialState(out, trial, log);
    yield { type: "start", trials: planned, done: records.size };
    const failed: SweepResult["failed"] = [];
    let before: Trial | null = null;
    for (const [index, trial] of planned.entries()) {
      if (signal?.aborted) break;
      if (records.has(trial.trial)) continue;
      // In half precision features are rounded where they are cached: those of another depth would carry that into this one's, and a
      // trial's numbers would depend on which trials ran in this process.
      if (whole.precision !== "fp32" && (trial.recipe || trial.n !== before?.n)) features.dispose();
      before = trial;
      yield { type: "trial", trial, index, count: planned.length };
      let result: TrialResult | null = null;
      const run = runTrial(trial, bench);
      try {
        let turn = await run.next();
        for (; !turn.done; turn = await run.next()) yield { type: "progress", trial, event: turn.value };
        result = turn.value;
      } catch (error) {
        if (!(error instanceof Error) || error instanceof InputError) throw error;
        failed.push({ trial, error });
        yield { type: "failed", trial, error };
      } finally {
        // Whoever leaves the loop over the sweep leaves the trial too: its weights are put back.
        await run.return(null);
      }
      if (!result) continue;
      lock.check();
      const record = store.append(result.record, result.predictions, log);
      clearTrialState(out, trial, log);
      records.set(trial.trial, record);
      yield { type: "record", record, index, count: planned.length };
    }
    return {
      records: planned.flatMap(({ trial }) => records.get(trial) ?? []),
      failed,
      aborted: signal?.aborted ?? false,
      folder: store.folder,
    };
  } finally {
    lock?.release();
    features.dispose();
    pretrained.dispose();
    if (typeof source === "string") model.dispose();
  }
}

function load(source: string, dataset: Dataset, log?: (line: string) => void): Promise<Classifier> {
  const { labels, kind } = rowsOf(dataset);
  if (!labels) throw new InputError("train: expected rows with labels, got none; name the label column");
  const { problemType } = labels;
  const shape = labels.classes ? { classes: labels.classes } : { numLabels: 1 };
  if (kind === "images")
    return AutoModelForImageClassification.fromPretrained(source, { classes: labels.classes, log });
  return AutoModelForSequenceClassification.fromPretrained(source, { ...shape, problemType, log });
}

function checkDepths(depths: readonly number[], depth: number): number[] {
  if (depths.length === 0)
    throw new InputError(`n: expected at least one depth from -1 to ${depth}, got none`);
  for (const value of depths) checkInteger("n", value, -1, depth);
  return [...new Set(depths)];
}

function checkSeeds(seeds: readonly number[]): void {
  if (seeds.length === 0) throw new InputError("seeds: expected at least one, got none");
  for (const seed of seeds) checkInteger("seeds", seed);
}

function checkJson(settings: object): void {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === "function")
      throw new InputError(
        `${name}: a sweep's settings are written down as JSON, so expected one of the kit's by its name, got a function; fineTune takes one`,
      );
    if (value !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value))
      throw new InputError(
        `${name}: a sweep's settings are written down as JSON, so match by a text or glob, not by a function or RegExp`,
      );
  }
}

function ratesOf(rates: Plan["rates"], model: Classifier): Rates {
  const listed = rates === "auto" ? null : rates;
  return {
    ofDepth: (n) => (rates === "auto" ? autoRates(model, n) : listed),
    ofRecipe: (recipe) => {
      if (recipe.learningRate !== undefined) return null;
      return rates === "auto" ? autoRatesOf(recipe) : listed;
    },
  };
}

/**
 * Throws where a folder's last record is of other options, weights or rows: what follows it would be another sweep. Rates of a list may
 * join those that are there, as depths and seeds may; a single one has to be among them.
 */
function refuseOthers(kept: TrialRecord[], { rates, settings, out }: Plan, bench: TrialBench): void {
  const record = kept.at(-1)!;
  const rate = rateOf({ settings });
  const joins = rates !== null || kept.some((record) => rateOf(record) === rate);
  const compared = joins ? besidesRate : (settings: object = {}) => JSON.parse(JSON.stringify(settings));
  const difference =
    differences(compared(record.settings), compared(settings)) ??
    (record.modelHash === bench.modelHash ? null : "another model") ??
    (record.dataHash === bench.dataHash ? null : "other rows");
  if (difference !== null)
    throw new InputError(
      `out: ${out} holds records of another sweep: ${difference}; name another folder, or set them aside by \`restart: true\``,
    );
}

/** Whether a record of an earlier run tells of this very trial: same weights, rows and settings; seconds of another engine would not compare. */
function isRecordOf(record: TrialRecord, trial: Trial, bench: TrialBench): boolean {
  return (
    trialKey(record) === trialKey(trial) &&
    record.modelHash === bench.modelHash &&
    record.dataHash === bench.dataHash &&
    isDeepStrictEqual(besidesRate(record.settings), besidesRate(trial.settings)) &&
    isDeepStrictEqual(record.recipe, trial.recipe && JSON.parse(JSON.stringify(trial.recipe)))
  );
}
