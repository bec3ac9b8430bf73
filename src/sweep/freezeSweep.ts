import { isDeepStrictEqual } from "node:util";
import { checkInteger } from "../check";
import { AutoModelForImageClassification } from "../checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../checkpoint/AutoModelForSequenceClassification";
import type { Dataset } from "../data/Rows";
import { rowsOf } from "../data/rowsOf";
import { ensureEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { either, having, name } from "../options/kinds";
import { option } from "../options/Option";
import { checkNames, readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { OPTIONS, swept } from "../options/table";
import { checkWeights } from "../training/checkWeights";
import type { FineTuneEvent } from "../training/events";
import { fineTuneSettings } from "../training/FineTuneOptions";
import { FrozenFeatures } from "../training/FrozenFeatures";
import { Run } from "../training/Run";
import { readLabelledRows } from "../training/readRows";
import { Stoppable } from "../training/Stoppable";
import { aboutSweep } from "./about";
import { hashData, hashModel } from "./hashes";
import { Pretrained } from "./Pretrained";
import { RecordStore } from "./RecordStore";
import type { TrialRecord } from "./record";
import { runTrial, type TrialBench } from "./runTrial";
import { applyRecipe, checkStrategies, checkStrategy, type Strategy } from "./strategies";
import { type Trial, type TrialSettings, trials } from "./trial";

const modelOption = option(
  "A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was.",
  either(name(), having("a model, or a checkpoint's folder or Hub id", "stages", "depth")),
  { required: true, also: ["checkpoint", "model_name", "model_name_or_path"] },
);

/** Rows that all trials of a sweep train on, and are compared on. */
export interface SweepData {
  /** Rows to train on. */
  train: Dataset;
  /** Rows that depths are compared on. */
  valid: Dataset;
}

export interface SweepOptions extends TrialSettings {
  /**
   * Depths to try: 0 freezes the embeddings, N also the first N blocks, -1 nothing. Default: -1, by which the others are
   * measured, and 0 to the model's depth, less those that freeze no more than the one before, as where all blocks share one set
   * of weights (ALBERT).
   */
  n?: readonly number[];
  /**
   * Recipes to try beside freezing N blocks, each once per seed: their names, or one with settings of its own, as `{ recipe:
   * "lora", rank: 4 }`. With them `n` may be empty. Default: none.
   */
  strategies?: readonly Strategy[];
  /**
   * Each depth is trained once per seed, from the same weights, with a head and an order of rows of the seed's. Default: [0].
   */
  seeds?: readonly number[];
  /** The folder of `records.jsonl`. Trials that stand there already are not run again. Default: `runs/` and the sweep's name. */
  out?: string;
  /** What the sweep is called. Default: "sweep". */
  name?: string;
  /** What a report is to name besides, text by text, such as the files that were read: `{ train: "train.csv" }`. Default: {}. */
  about?: Record<string, string>;
  /** Stops between two steps; finished trials stay on disk. */
  signal?: AbortSignal;
  /** Takes the line on the engine that was chosen, and those on the loaded model. Default: console.info. */
  log?: (line: string) => void;
}

/** What is swept and how, in one object. */
export interface FreezeSweepOptions extends SweepOptions, SweepData {
  /** A checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was. */
  model: string | Classifier;
}

/** What a sweep tells of itself. */
export type SweepEvent =
  /** `done` of all trials stood in the records from an earlier run. */
  | { type: "start"; trials: Trial[]; done: number }
  | { type: "trial"; trial: Trial; index: number; count: number }
  | { type: "progress"; trial: Trial; event: FineTuneEvent }
  | { type: "record"; record: TrialRecord; index: number; count: number }
  | { type: "failed"; trial: Trial; error: Error };

/** What a sweep came to. */
export interface SweepResult {
  /** In the order of the trials; without those that failed or were not reached. */
  records: TrialRecord[];
  /** Trials that threw, with what they threw. */
  failed: { trial: Trial; error: Error }[];
  /** Whether the signal ended the sweep; started again, it goes on with the trials that are missing. */
  aborted: boolean;
  /** Where `records.jsonl` is. */
  folder: string;
}

/**
 * Fine-tunes the same pretrained model once for each depth of freezing, or other recipe, and each seed, and records what each came
 * to.
 *
 * Every finished trial is on disk at once; a sweep that was cut off goes on where it stopped. A trial that fails is reported and
 * the others go on. `freezeSweep({ model, train, valid, ...options })` does the same.
 *
 * @param model a checkpoint's folder or Hub id, or a model that is loaded already; the latter is left as it was
 * @throws InputError where an option is unknown or does not fit
 * @example
 * ```ts
 * const sweep = freezeSweep("data/all-MiniLM-L6-v2", { train, valid }, { n: [0, 2, 4, 6], seeds: [0, 1, 2] });
 * for await (const event of sweep) if (event.type === "record") console.log(event.record.n, event.record.accuracy);
 * const { records } = await sweep;
 * ```
 */
export function freezeSweep(
  model: string | Classifier,
  data: SweepData,
  options?: SweepOptions,
): Run<SweepEvent, SweepResult>;
export function freezeSweep(options: FreezeSweepOptions): Run<SweepEvent, SweepResult>;
export function freezeSweep(
  first: string | Classifier | FreezeSweepOptions,
  data?: SweepData,
  options?: SweepOptions,
): Run<SweepEvent, SweepResult> {
  if (data === undefined && options === undefined && isOptions(first)) {
    checkNames("freezeSweep", { model: modelOption, ...swept, ...OPTIONS.freezeSweep }, first);
    const { model, train, valid, ...rest } = first;
    return start(model, { train, valid }, rest);
  }
  const read = readNamed("freezeSweep", swept, data, "data") as unknown as SweepData;
  return start(first as string | Classifier, read, options);
}

/** A model is told by its stages: nothing else that is handed in has any. */
const isOptions = (first: unknown): first is FreezeSweepOptions =>
  typeof first === "object" && first !== null && !("stages" in first);

function start(source: string | Classifier, data: SweepData, options: SweepOptions | undefined) {
  modelOption.kind.check("model", source, "freezeSweep");
  const { train, valid } = data;
  for (const name of ["train", "valid"] as const) swept[name].kind.check(name, data[name], "freezeSweep");
  const { n, strategies, seeds, out, name, about, signal, log, ...settings } = readOptions(
    "freezeSweep",
    options,
  );
  strategies?.forEach(checkStrategy);
  const asked = Object.entries(settings).filter(
    ([key]) => options?.[key as keyof TrialSettings] !== undefined,
  );
  const stoppable = new Stoppable({
    name: "freezeSweep",
    signal,
    ...(typeof source !== "string" && { trains: source }),
  });
  return new Run(
    sweep({
      ...{
        source,
        train,
        valid,
        n,
        seeds,
        strategies: strategies ?? [],
        out: out ?? `runs/${name}`,
        about,
        signal: stoppable.signal,
        log,
      },
      settings: Object.fromEntries(asked),
    }),
    stoppable,
  );
}

/** A sweep with all that was left out filled in, but the settings, which records hold as they were asked for. */
interface Plan extends SweepData, Pick<SweepOptions, "n" | "signal" | "log"> {
  source: string | Classifier;
  seeds: readonly number[];
  strategies: readonly Strategy[];
  out: string;
  about: Record<string, string>;
  settings: TrialSettings;
}

async function* sweep(plan: Plan): AsyncGenerator<SweepEvent, SweepResult> {
  const { source, n, strategies, seeds, out, about, signal, log, settings } = plan;
  const engine = await ensureEngine(log);
  const model = typeof source === "string" ? await load(source, plan.train, log) : source;
  const features = new FrozenFeatures(model);
  const pretrained = new Pretrained(model);
  try {
    const train = readLabelledRows("train", model, plan.train);
    const valid = readLabelledRows("valid", model, plan.valid);
    const whole = fineTuneSettings(settings, model.problemType, true);
    // Of all seeds before the first trial, not hours later.
    for (const seed of seeds) checkWeights(train, { ...whole, seed });
    checkJson({ ...settings, strategies });
    const recipes = checkStrategies(strategies, model, whole.epochs);
    const depths =
      n?.length === 0 && recipes.length > 0 ? [] : checkDepths(n ?? [-1, ...model.depths], model.depth);
    const planned = trials(depths, recipes, checkSeeds(seeds), settings);
    const store = new RecordStore(out);
    const bench: TrialBench = {
      model,
      ...{ train, valid },
      pretrained,
      features,
      modelHash: await hashModel(model),
      dataHash: hashData(train, valid),
      signal,
      about: aboutSweep(source, model, train, whole, about),
    };
    try {
      // What a recipe asks of the model shows before the first trial.
      for (const recipe of recipes) applyRecipe(model, recipe, 0)();
    } finally {
      pretrained.restoreFlags();
    }
    const records = new Map<string, TrialRecord>();
    for (const record of store.read())
      if (record.engine === engine.name && planned.some((trial) => isRecordOf(record, trial, bench)))
        records.set(record.trial, record);
    yield { type: "start", trials: planned, done: records.size };
    const failed: SweepResult["failed"] = [];
    for (const [index, trial] of planned.entries()) {
      if (signal?.aborted) break;
      if (records.has(trial.trial)) continue;
      yield { type: "trial", trial, index, count: planned.length };
      let record: TrialRecord | null = null;
      const run = runTrial(trial, bench);
      try {
        let turn = await run.next();
        for (; !turn.done; turn = await run.next()) yield { type: "progress", trial, event: turn.value };
        record = turn.value;
      } catch (error) {
        if (!(error instanceof Error) || error instanceof InputError) throw error;
        failed.push({ trial, error });
        yield { type: "failed", trial, error };
      } finally {
        // Whoever leaves the loop over the sweep leaves the trial too: its weights are put back.
        await run.return(null);
      }
      if (!record) continue;
      store.append(record);
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
    features.dispose();
    pretrained.dispose();
    if (typeof source === "string") model.dispose();
  }
}

function load(source: string, dataset: Dataset, log?: (line: string) => void): Promise<Classifier> {
  const { labels, kind } = rowsOf(dataset);
  if (!labels) throw new InputError("train: expected rows with labels, got none; name the label column");
  const { problemType } = labels;
  const shape = labels.problemType === "regression" ? { numLabels: 1 } : { classes: labels.classes };
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

function checkSeeds(seeds: readonly number[]): number[] {
  if (seeds.length === 0) throw new InputError("seeds: expected at least one, got none");
  for (const seed of seeds) checkInteger("seeds", seed);
  return [...new Set(seeds)];
}

function checkJson(settings: object): void {
  for (const [name, value] of Object.entries(settings))
    if (value !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value))
      throw new InputError(
        `${name}: a sweep's settings are written down as JSON, so match by a text or glob, not by a function or RegExp`,
      );
}

/** Whether a record of an earlier run tells of this very trial: same weights, rows and settings; seconds of another engine would not compare. */
function isRecordOf(record: TrialRecord, trial: Trial, bench: TrialBench): boolean {
  return (
    record.trial === trial.trial &&
    record.modelHash === bench.modelHash &&
    record.dataHash === bench.dataHash &&
    isDeepStrictEqual(record.settings, JSON.parse(JSON.stringify(trial.settings))) &&
    isDeepStrictEqual(record.recipe, trial.recipe && JSON.parse(JSON.stringify(trial.recipe)))
  );
}
