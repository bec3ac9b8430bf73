import { checkOneOf } from "../check";
import type { LabelledRows } from "../data/Rows";
import { saySharedRows } from "../data/saySharedRows";
import { InputError } from "../errors";
import { listParams } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { frostLine } from "../nn/Stage";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { trainAndValid } from "../options/table";
import { BestEpoch } from "./BestEpoch";
import { checkTrainable } from "./checkTrainable";
import { checkWeights } from "./checkWeights";
import { evaluateLogits } from "./evaluate";
import type { EpochRecord, FineTuneEvent, FineTuneResult } from "./events";
import {
  type FineTuneData,
  type FineTuneOptions,
  type FineTuneSettings,
  fineTuneSettings,
} from "./FineTuneOptions";
import { FrozenFeatures } from "./FrozenFeatures";
import { FROM_ROWS, type Start } from "./forwardRows";
import { LabelledObjective } from "./LabelledObjective";
import { learningRates } from "./learningRates";
import { metricNames } from "./metrics";
import { nextTurn } from "./nextTurn";
import { explainOutOfMemory } from "./outOfMemory";
import { logitsOf } from "./predict";
import { Run } from "./Run";
import { readLabelledRows } from "./readRows";
import { Stoppable } from "./Stoppable";
import { Stopwatch } from "./Stopwatch";
import { type EpochDone, TrainingLoop } from "./TrainingLoop";
import { Unfreezing, unfreezeSchedule } from "./Unfreezing";

/**
 * Trains what is not frozen. The frozen stages below the first trainable parameter run once per row, of augmented images at every
 * step, in eval mode; the rest learns by AdamW. Loop over the run to follow it, or await it.
 *
 * Parameters may be frozen or thawed while an "epoch" event is looked at: it holds from the next epoch on, and whatever stays
 * trainable keeps its moments.
 *
 * @throws InputError where options or labels do not fit, a FrostError where the loss is no longer a number; the model then
 *   holds the weights of the step before
 * @example
 * ```ts
 * topNLayerFreeze(model, 3);
 * for await (const event of fineTune(model, { train, valid }, { epochs: 2 })) console.log(event);
 * ```
 */
export function fineTune(
  model: Classifier,
  data: FineTuneData,
  options: FineTuneOptions = {},
): Run<FineTuneEvent, FineTuneResult> {
  const { run, train, valid, log } = startFineTuning(model, data, options);
  const shared = valid && saySharedRows(train, valid);
  if (shared) (log ?? console.info)(shared);
  return run;
}

/** As `fineTune`, which says what there is to tell of the rows: a sweep has told it once for all its trials. */
export function startFineTuning(model: Classifier, data: FineTuneData, options: FineTuneOptions) {
  readNamed("fineTune", trainAndValid, data, "data");
  checkArguments("fineTune", { model });
  const settings = fineTuneSettings(options, model.problemType, data.valid !== undefined);
  const train = readLabelledRows("train", model, data.train);
  const valid = data.valid && readLabelledRows("valid", model, data.valid);
  if (settings.features && settings.features.model !== model)
    throw new InputError("features: expected those of the model that is trained, got another model's");
  learningRates(model, settings); // a group that matches nothing shows before the first step
  if (settings.unfreeze) unfreezeSchedule(settings.unfreeze, settings.epochs, model.depth);
  checkWeights(train, settings);
  const judge = valid ?? train;
  checkOneOf("metric", settings.metric, ["loss", ...metricNames(judge.labels)]);
  const stoppable = new Stoppable({ name: "fineTune", signal: settings.signal, trains: model });
  const training = new Training(model, { train, valid }, { ...settings, signal: stoppable.signal });
  return { run: new Run(training.run(), stoppable), train, valid, log: settings.log };
}

/** A fine-tuning: per epoch the features below the frost line, the loop's steps, and a look at the validation rows. */
class Training {
  #objective: LabelledObjective;
  #loop: TrainingLoop;
  #features: FrozenFeatures;
  #best: BestEpoch;
  #stopwatch = new Stopwatch();
  #epochs: EpochRecord[] = [];
  #frozenSeconds = 0;
  #cached = false;

  constructor(
    private readonly model: Classifier,
    private readonly data: { train: LabelledRows; valid?: LabelledRows },
    private readonly settings: FineTuneSettings,
  ) {
    this.#objective = new LabelledObjective(model, data.train, settings);
    this.#loop = new TrainingLoop(model, this.#objective, settings);
    this.#features = settings.features ?? new FrozenFeatures(model);
    this.#best = new BestEpoch(model, settings);
  }

  async *run(): AsyncGenerator<FineTuneEvent, FineTuneResult> {
    const { epochs, earlyStopping, restoreBest, unfreeze } = this.settings;
    let stopped: FineTuneResult["stopped"] = "finished";
    // Also where that is not known: the model may have been trained on other texts before.
    this.model.trainedOn = this.data.train.readAs;
    const unfreezing = unfreeze ? new Unfreezing(this.model, unfreeze, epochs) : null;
    try {
      for (let epoch = 1; epoch <= epochs && stopped === "finished"; epoch++) {
        unfreezing?.begin(epoch);
        const start = yield* this.#start();
        this.#objective.start = start;
        const done = yield* this.#loop.epoch(epoch);
        if (done === null) {
          stopped = "aborted";
          break;
        }
        const record = yield* this.#evaluate(epoch, done, start);
        this.#epochs.push(record);
        this.#best.take(record);
        yield { type: "epoch", ...record };
        if (earlyStopping !== undefined && epoch - this.#best.epoch >= earlyStopping) stopped = "early";
      }
      if (restoreBest) this.#best.restore();
      return {
        epochs: this.#epochs,
        epoch: restoreBest ? this.#best.epoch : this.#epochs.length,
        stopped,
        frozenSeconds: this.#frozenSeconds,
        ...(this.#cached && { frozenFrom: "cache" }),
        trainableParameters: listParams(this.model).totals.trainable,
      };
    } catch (error) {
      throw explainOutOfMemory(error, this.settings.batchSize, this.#datasets());
    } finally {
      unfreezing?.restore();
      this.#loop.dispose();
      this.#best.dispose();
      if (!this.settings.features) this.#features.dispose();
    }
  }

  /** Finds the frost line as the flags stand now, and brings the features below it up to date. */
  async *#start(): AsyncGenerator<FineTuneEvent, Start> {
    const { model, settings } = this;
    const from = frostLine(model.stages);
    checkTrainable(model);
    if (from === 0 || settings.frozenDropout) return FROM_ROWS;
    for (const { dataset } of this.#datasets().slice(this.data.train.varies ? 1 : 0)) {
      const { batchSize, precision } = settings;
      const pass = this.#features.prepare(dataset, from, batchSize, precision, this.#epochs.length > 0);
      this.#stopwatch.restart();
      for await (const progress of pass) {
        this.#frozenSeconds += this.#stopwatch.lap();
        this.#cached ||= progress.cached === true;
        yield { type: "frozen", ...progress };
        if (settings.signal?.aborted) return FROM_ROWS;
        await nextTurn();
        this.#stopwatch.restart();
      }
      this.#frozenSeconds += this.#stopwatch.lap();
    }
    return { from, features: this.#features };
  }

  async *#evaluate(epoch: number, done: EpochDone, start: Start): AsyncGenerator<FineTuneEvent, EpochRecord> {
    const { lossScale } = this.#loop;
    const record: EpochRecord = {
      epoch,
      trainLoss: done.loss,
      validLoss: null,
      metrics: {},
      trainSeconds: done.seconds,
      evalSeconds: 0,
      ...(lossScale !== null && { lossScale, skippedSteps: done.skipped }),
    };
    const { valid } = this.data;
    if (!valid) return record;
    this.#stopwatch.restart();
    const { batchSize, precision } = this.settings;
    const run = logitsOf(this.model, valid, Math.max(64, batchSize), start, precision);
    let turn = await run.next();
    for (; !turn.done; turn = await run.next()) {
      record.evalSeconds += this.#stopwatch.lap();
      yield { type: "evaluate", done: turn.value, total: valid.count };
      this.#stopwatch.restart();
    }
    const { loss, metrics } = await evaluateLogits(turn.value, valid.labels, this.model);
    record.evalSeconds += this.#stopwatch.lap();
    return { ...record, validLoss: loss, metrics };
  }

  #datasets(): LabelledRows[] {
    return this.data.valid ? [this.data.train, this.data.valid] : [this.data.train];
  }
}
