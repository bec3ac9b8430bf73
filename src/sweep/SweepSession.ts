import { isDeepStrictEqual } from "node:util";
import { AutoModelForImageClassification } from "../checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../checkpoint/AutoModelForSequenceClassification";
import { AutoModelForTokenClassification } from "../checkpoint/AutoModelForTokenClassification";
import type { Dataset, LabelledRows } from "../data/Rows";
import { rowsOf } from "../data/rowsOf";
import { saySharedRows } from "../data/saySharedRows";
import { type Engine, ensureEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import { FolderLock } from "../files/FolderLock";
import type { Classifier } from "../models/Classifier";
import { differences } from "../text/differences";
import { type FineTuneSettings, fineTuneSettings } from "../training/FineTuneOptions";
import { FrozenFeatures } from "../training/FrozenFeatures";
import { readLabelledRows } from "../training/readRows";
import { aboutSweep } from "./about";
import { besidesRate } from "./besidesRate";
import { hashData, hashModel } from "./hashes";
import { Pretrained } from "./Pretrained";
import { RecordStore } from "./RecordStore";
import type { TrialRecord } from "./record";
import { runTrial, type TrialBench, type TrialResult } from "./runTrial";
import type { SweepData, SweepEvent, SweepOptions, SweepResult } from "./SweepOptions";
import type { Trial, TrialSettings } from "./trial";
import { trialKey } from "./trialKey";
import { clearTrialState, clearTrialStates } from "./trialState";

type TrialEvent = Extract<SweepEvent, { type: "progress" | "failed" }>;
type FailedTrial = SweepResult["failed"][number];

/** What all trials of a folder have in common: model, rows and settings, which records hold as they were asked for. */
export interface SessionPlan extends SweepData, Pick<SweepOptions, "signal" | "saveEvery"> {
  source: string | Classifier;
  /** Null where that of the settings is the only one. */
  rates: readonly number[] | "auto" | null;
  out: string;
  restart: boolean;
  about: Record<string, string>;
  settings: TrialSettings;
  log: (line: string) => void;
}

/**
 * Trials under way in a folder: the model that each leaves as it found it, and the records, which are on disk before the next trial
 * starts. Owns model, features and the folder's lock until `close()`.
 */
export class SweepSession {
  /** Those that the folder held when it was opened. */
  kept: TrialRecord[] = [];
  #bench: TrialBench | null = null;
  #store: RecordStore | null = null;
  #lock: FolderLock | null = null;

  private constructor(
    readonly plan: SessionPlan,
    readonly engine: Engine,
    readonly model: Classifier,
    readonly features: FrozenFeatures,
    readonly pretrained: Pretrained,
    readonly train: LabelledRows,
    readonly valid: LabelledRows,
    /** The settings with their defaults. */
    readonly whole: FineTuneSettings,
  ) {}

  /** Loads the model and reads the rows; `allDepths` keeps the frozen features of every depth, not those of the last one alone. */
  static async load(plan: SessionPlan, { allDepths = false } = {}): Promise<SweepSession> {
    const { source, log, settings } = plan;
    const engine = await ensureEngine(log);
    const model = typeof source === "string" ? await load(source, plan.train, log) : source;
    try {
      const train = readLabelledRows("train", model, plan.train);
      const valid = readLabelledRows("valid", model, plan.valid);
      const shared = saySharedRows(train, valid);
      if (shared !== null) log(shared);
      const whole = fineTuneSettings(settings, model.problemType, true);
      const features = new FrozenFeatures(model, { allDepths });
      return new SweepSession(plan, engine, model, features, new Pretrained(model), train, valid, whole);
    } catch (error) {
      if (typeof source === "string") model.dispose();
      throw error;
    }
  }

  /** What trials run on, once the folder is open. */
  get bench(): TrialBench {
    return this.#bench!;
  }

  get folder(): string {
    return this.plan.out;
  }

  /** Takes the folder, and reads the records that it holds; throws where they are of other options, rows or another model. */
  async open(): Promise<void> {
    const { model, train, valid, pretrained, features, whole, plan } = this;
    const { source, out, restart, saveEvery, about, signal, log } = plan;
    this.#store = new RecordStore(out);
    this.#lock = FolderLock.take(out, log);
    this.#bench = {
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
    if (restart) {
      this.#store.setAside();
      clearTrialStates(out);
    }
    this.kept = this.#store.read();
    if (this.kept.length > 0) refuseOthers(this.kept, plan, this.#bench);
  }

  /** The folder's record of this very trial, if it holds one: same weights, rows, settings and engine. */
  find(trial: Trial): TrialRecord | undefined {
    return this.kept.findLast(
      (record) => record.engine === this.engine.name && isRecordOf(record, trial, this.bench),
    );
  }

  /** Runs a trial and yields its progress, or why it failed, which is noted; null where it failed or the signal ended it. */
  async *run(trial: Trial, failed: FailedTrial[]): AsyncGenerator<TrialEvent, TrialResult | null> {
    const run = runTrial(trial, this.bench);
    try {
      let turn = await run.next();
      for (; !turn.done; turn = await run.next()) yield { type: "progress", trial, event: turn.value };
      return turn.value;
    } catch (error) {
      if (!(error instanceof Error) || error instanceof InputError) throw error;
      failed.push({ trial, error });
      yield { type: "failed", trial, error };
      return null;
    } finally {
      // Whoever leaves the loop over a sweep or a search leaves the trial too: its weights are put back.
      await run.return(null);
    }
  }

  /** Writes down what a trial came to, and gives its record as it stands there. */
  append(trial: Trial, { record, predictions }: TrialResult): TrialRecord {
    this.#lock!.check();
    const whole = this.#store!.append(record, predictions, this.plan.log);
    this.clearState(trial);
    return whole;
  }

  /** Removes what was kept of a trial under way. */
  clearState(trial: Trial): void {
    clearTrialState(this.folder, trial, this.plan.log);
  }

  close(): void {
    this.#lock?.release();
    this.features.dispose();
    this.pretrained.dispose();
    if (typeof this.plan.source === "string") this.model.dispose();
  }
}

function load(source: string, dataset: Dataset, log?: (line: string) => void): Promise<Classifier> {
  const { labels, kind, perToken } = rowsOf(dataset);
  if (!labels) throw new InputError("train: expected rows with labels, got none; name the label column");
  const { problemType } = labels;
  const shape = labels.classes ? { classes: labels.classes } : { numLabels: 1 };
  if (kind === "images")
    return AutoModelForImageClassification.fromPretrained(source, { classes: labels.classes, log });
  if (perToken)
    return AutoModelForTokenClassification.fromPretrained(source, { classes: labels.classes, log });
  return AutoModelForSequenceClassification.fromPretrained(source, { ...shape, problemType, log });
}

/**
 * Throws where a folder's last record is of other options, weights or rows: what follows it would be another sweep. Rates may join those
 * that are there, as depths and seeds may.
 */
function refuseOthers(kept: TrialRecord[], { settings, out }: SessionPlan, bench: TrialBench): void {
  const record = kept.at(-1)!;
  const difference =
    differences(besidesRate(record.settings), besidesRate(settings)) ??
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
