import type { LabelledRows } from "../data/Rows";
import { saySharedRows } from "../data/saySharedRows";
import { InputError } from "../errors";
import { listParams } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { frostLine } from "../nn/Stage";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { trainAndValid } from "../options/table";
import { formatCount, formatMany } from "../text/numbers";
import { visibly } from "../text/visibly";
import { Adversary } from "./Adversary";
import { BestEpoch } from "./BestEpoch";
import type { MetricChoice } from "./CustomMetric";
import { checkHeadInit } from "./checkHeadInit";
import { checkMetrics } from "./checkMetrics";
import { checkTrainable } from "./checkTrainable";
import { checkWeights } from "./checkWeights";
import { evaluateLogits } from "./evaluate";
import { evaluationSteps } from "./evaluationSteps";
import type { EpochRecord, EvaluationRecord, FineTuneEvent, FineTuneResult } from "./events";
import {
  type FineTuneData,
  type FineTuneOptions,
  type FineTuneSettings,
  fineTuneSettings,
} from "./FineTuneOptions";
import { FrozenFeatures } from "./FrozenFeatures";
import { FROM_ROWS, type Start } from "./forwardRows";
import { LabelledObjective } from "./LabelledObjective";
import { type CurveState, LossCurve } from "./LossCurve";
import { learningRates } from "./learningRates";
import { nextTurn } from "./nextTurn";
import { explainOutOfMemory } from "./outOfMemory";
import { logitsOf, toProbabilities } from "./predict";
import { Run } from "./Run";
import { readLabelledRows } from "./readRows";
import { renewStatistics } from "./renewStatistics";
import { runIdentity } from "./runIdentity";
import { StateKeeper } from "./StateKeeper";
import { Stoppable } from "./Stoppable";
import { Stopwatch } from "./Stopwatch";
import type { Ramp } from "./schedule";
import { type EpochDone, TrainingLoop } from "./TrainingLoop";
import { TrainingState } from "./TrainingState";
import { Unfreezing, unfreezeSchedule } from "./Unfreezing";
import { WeightAverage } from "./WeightAverage";

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
  if (shared) visibly(log ?? console.info)(shared);
  return run;
}

/** What a run keeps in the folder that `resume` names, besides what it needs itself, and does otherwise than a user's. */
interface Keeps {
  /** Whether the end is kept as well; a sweep has its records for that. */
  end: boolean;
  /** A figure of the caller's. */
  figure(): number;
  /** Gives back what it was. */
  restore(figure: number): void;
  /** Whether the validation rows are looked at after the last epoch alone, where nothing is judged by the others. */
  evaluatesLast?: boolean;
  /** Takes what the weights that the model ends with say of the validation rows, as probabilities or values; left out where it ends early. */
  predictions?(outputs: Float32Array): void;
  /** Takes the place of the schedule. */
  ramp?: Ramp;
}

export const KEEPS: Keeps = { end: true, figure: () => 0, restore: () => {} };

/** As `fineTune`, which says what there is to tell of the rows: a sweep has told it once for all its trials. */
export function startFineTuning(
  model: Classifier,
  data: FineTuneData,
  options: FineTuneOptions,
  keeps = KEEPS,
) {
  readNamed("fineTune", trainAndValid, data, "data");
  checkArguments("fineTune", { model });
  const settings = fineTuneSettings(options, model.problemType, data.valid !== undefined);
  const train = readLabelledRows("train", model, data.train);
  const valid = data.valid && readLabelledRows("valid", model, data.valid);
  if (settings.features && settings.features.model !== model)
    throw new InputError("features: expected those of the model that is trained, got another model's");
  if (settings.headInit === "probe") checkHeadInit(model);
  if (settings.adversarial) new Adversary(settings.adversarial).check(model);
  learningRates(model, settings); // a group that matches nothing shows before the first step
  if (settings.unfreeze) unfreezeSchedule(settings.unfreeze, settings.epochs, model.depth);
  checkWeights(train, settings);
  const judge = valid ?? train;
  checkMetrics("metric", [settings.metric], judge.labels, ["loss"]);
  checkMetrics("metrics", settings.metrics, judge.labels);
  const { signal, maxMinutes } = settings;
  const stoppable = new Stoppable({
    ...{ name: "fineTune", signal, trains: model, maxMinutes },
    keeps: settings.resume !== undefined,
  });
  const training = new Training(
    model,
    { train, valid },
    { ...settings, signal: stoppable.signal },
    () => stoppable.isTimeUp,
    keeps,
  );
  return { run: new Run(training.run(), stoppable), train, valid, log: settings.log };
}

/** What a training's state holds besides weights and optimizer. */
interface RunFacts {
  epochs: EpochRecord[];
  evaluations?: EvaluationRecord[];
  frozenSeconds: number;
  cached: boolean;
  stopped: FineTuneResult["stopped"] | null;
  curve: CurveState;
  figure: number;
}

/** A fine-tuning: per epoch the features below the frost line, the loop's steps, and looks at the validation rows. */
class Training {
  #objective: LabelledObjective;
  #loop: TrainingLoop;
  #features: FrozenFeatures;
  #average: WeightAverage | null;
  #best: BestEpoch;
  #curve: LossCurve;
  #keeper: StateKeeper<RunFacts> | null = null;
  #stopwatch = new Stopwatch();
  #epochs: EpochRecord[] = [];
  /** With `evalEvery` alone. */
  #evaluations: EvaluationRecord[] = [];
  /** Steps of an epoch after which rows are scored before its end. */
  #scoredSteps: number[];
  #frozenSeconds = 0;
  #cached = false;
  #stopped: FineTuneResult["stopped"] | null = null;
  /** Of the newest evaluation and the best one, by their epochs, where somebody asks for them. */
  #logits = new Map<number, Float32Array>();

  constructor(
    private readonly model: Classifier,
    private readonly data: { train: LabelledRows; valid?: LabelledRows },
    private readonly settings: FineTuneSettings,
    private readonly isTimeUp: () => boolean,
    private readonly keeps: Keeps,
  ) {
    this.#objective = new LabelledObjective(model, data.train, settings);
    const { adversarial, average, epochs } = settings;
    this.#average = average ? new WeightAverage(model, average, epochs) : null;
    const adversary = adversarial ? new Adversary(adversarial) : null;
    const ramped = { ...settings, ...(keeps.ramp && { schedule: keeps.ramp }) };
    this.#loop = new TrainingLoop(model, this.#objective, ramped, this.#average, adversary);
    this.#features = settings.features ?? new FrozenFeatures(model);
    this.#best = new BestEpoch(model, settings);
    this.#curve = new LossCurve(settings, this.#loop.progress.steps);
    this.#scoredSteps = this.#isJudged ? evaluationSteps(settings.evalEvery, this.#loop.stepsPerEpoch) : [];
    const { resume } = settings;
    if (resume !== undefined)
      this.#keeper = new StateKeeper(
        resume,
        settings,
        new TrainingState(model, this.#loop, this.#best, [], this.#average),
        !keeps.end,
      );
  }

  async *run(): AsyncGenerator<FineTuneEvent, FineTuneResult> {
    const { model, settings } = this;
    const { restoreBest, unfreeze } = settings;
    let unfreezing: Unfreezing | null = null;
    let underWay = false;
    try {
      const begun = await this.#resume();
      // Also where that is not known: the model may have been trained on other texts before.
      model.trainedOn = this.data.train.readAs;
      if (unfreeze) unfreezing = new Unfreezing(model, unfreeze, settings.epochs, begun?.trainable);
      underWay = true;
      if (begun) yield { type: "resumed", ...this.#loop.progress, ...this.#done };
      // A run that was stopped before its first step may have been so before its head was ready.
      if (settings.headInit === "probe" && this.#loop.progress.step === 0) yield* this.#beginHead();
      if (settings.microBatchSize === "auto" && this.#loop.progress.step === 0)
        yield* this.#findMicroBatchSize();
      for (;;) {
        if (!this.#isWithin) this.#stopped ??= this.#end();
        if (this.#stopped !== null) break;
        yield* this.#epoch(unfreezing);
      }
      underWay = false;
      const isWhole = this.#stopped === "finished" || this.#stopped === "early";
      // Before the best epoch's weights take the place of those that training goes on from.
      if (!isWhole) await this.#keeper?.save(this.#facts());
      if (restoreBest) this.#best.restore();
      else if (isWhole) yield* this.#putInAverage();
      if (isWhole && this.keeps.predictions) yield* this.#tellPredictions();
      if (isWhole && this.keeps.end && !begun?.last) await this.#keeper?.save(this.#facts(), true);
      const savedStep = this.#keeper?.step ?? null;
      const lossCurve = this.#curve.values;
      const { microBatchSize } = this.#loop;
      return {
        ...this.#done,
        ...(lossCurve && { lossCurve }),
        epoch: this.#epochOfWeights,
        stopped: this.#stopped,
        frozenSeconds: this.#frozenSeconds,
        ...(this.#cached && { frozenFrom: "cache" }),
        ...(microBatchSize < settings.batchSize && { microBatchSize }),
        trainableParameters: listParams(model).totals.trainable,
        ...(savedStep !== null && { savedStep }),
      };
    } catch (error) {
      underWay = false;
      throw explainOutOfMemory(
        error,
        settings.batchSize,
        this.#datasets(),
        settings.gradientAccumulation,
        this.#loop.rowsInVain ?? undefined,
      );
    } finally {
      // Whoever leaves the loop over the events finds the run where it was left.
      if (underWay) await this.#keeper?.save(this.#facts());
      this.#keeper?.dispose();
      unfreezing?.restore();
      this.#loop.dispose();
      this.#average?.dispose();
      this.#best.dispose();
      if (!settings.features) this.#features.dispose();
    }
  }

  /** Goes back to where an earlier run was, if its state is in the folder. */
  async #resume(): Promise<{ trainable: readonly string[]; last: boolean } | null> {
    if (!this.#keeper) return null;
    const kept = await this.#keeper.begin(
      await runIdentity("fineTune", this.model, this.data, this.settings),
    );
    if (!kept) return null;
    const { run, last, trainable } = kept;
    this.#epochs = run.epochs;
    this.#evaluations = run.evaluations ?? [];
    this.#frozenSeconds = run.frozenSeconds;
    this.#cached = run.cached;
    this.#curve.restore(run.curve);
    this.keeps.restore(run.figure);
    if (last) this.#stopped = run.stopped;
    const { resume, log = console.info } = this.settings;
    const { step, steps } = this.#loop.progress;
    visibly(log)(
      last
        ? `${resume}: the run has ended already, after ${formatMany(run.epochs.length, "epoch")}; its weights and result come from there`
        : `${resume}: goes on after step ${formatCount(step)} of ${formatCount(steps)}`,
    );
    return { trainable, last };
  }

  #facts(): RunFacts {
    return {
      ...this.#done,
      frozenSeconds: this.#frozenSeconds,
      cached: this.#cached,
      stopped: this.#stopped,
      curve: this.#curve.state,
      figure: this.keeps.figure(),
    };
  }

  /** What the validation rows have said so far. */
  get #done(): Pick<FineTuneResult, "epochs" | "evaluations"> {
    const epochs = [...this.#epochs];
    return this.settings.evalEvery === undefined
      ? { epochs }
      : { epochs, evaluations: [...this.#evaluations] };
  }

  /** Why no step follows; null where one does. */
  #end(): FineTuneResult["stopped"] | null {
    const { epochs, earlyStopping, evalEvery } = this.settings;
    const judged = evalEvery === undefined ? this.#epochs : this.#evaluations;
    if (
      earlyStopping !== undefined &&
      judged.filter(({ epoch }) => epoch > this.#best.epoch).length >= earlyStopping
    )
      return "early";
    return this.#epochs.length >= epochs ? "finished" : null;
  }

  /** Whether something of the epoch that is under way has been scored. */
  get #isWithin(): boolean {
    return (this.#evaluations.at(-1)?.epoch ?? 0) > (this.#epochs.at(-1)?.epoch ?? 0);
  }

  /** Gives the head's last layer what it starts from, unless the signal comes first. */
  async *#beginHead(): AsyncGenerator<FineTuneEvent, void> {
    const { train } = this.data;
    const start = yield* this.#start();
    if (this.settings.signal?.aborted) return;
    this.#stopwatch.restart();
    for await (const done of this.#features.headProbe.begin(train, start, this.settings)) {
      this.#frozenSeconds += this.#stopwatch.lap();
      yield { type: "head", done, total: train.count };
      if (this.settings.signal?.aborted) return;
      this.#stopwatch.restart();
    }
    this.#frozenSeconds += this.#stopwatch.lap();
  }

  /** Finds how many rows fit into memory at a time, unless the signal comes first. */
  async *#findMicroBatchSize(): AsyncGenerator<FineTuneEvent, void> {
    this.#objective.start = yield* this.#start();
    if (!this.settings.signal?.aborted) await this.#loop.findMicroBatchSize();
  }

  /** Goes through one epoch, or what is left of it. */
  async *#epoch(unfreezing: Unfreezing | null): AsyncGenerator<FineTuneEvent, void> {
    const epoch = this.#epochs.length + 1;
    unfreezing?.begin(epoch);
    const start = yield* this.#start();
    this.#objective.start = start;
    if (!this.settings.signal?.aborted) this.#keeper?.goOn();
    const done = yield* this.#steps(epoch, start);
    if (done === null) {
      this.#stopped = this.isTimeUp() ? "time" : "aborted";
      return;
    }
    const { lossScale } = this.#loop;
    // Where it stopped early within the epoch, these weights have been scored.
    let last = this.#evaluations.find(({ step }) => step === this.#loop.progress.step);
    if (!last && (this.#isJudged || epoch === this.settings.epochs))
      last = yield* this.#evaluate(done.loss, start);
    const seconds = this.#evaluations.flatMap((each) => (each.epoch > epoch - 1 ? each.evalSeconds : []));
    const record: EpochRecord = {
      epoch: this.#loop.progress.step / this.#loop.stepsPerEpoch,
      trainLoss: done.loss,
      validLoss: last?.validLoss ?? null,
      metrics: last?.metrics ?? {},
      trainSeconds: done.seconds,
      evalSeconds:
        this.settings.evalEvery === undefined
          ? (last?.evalSeconds ?? 0)
          : seconds.reduce((sum, each) => sum + each, 0),
      ...(lossScale !== null && { lossScale, skippedSteps: done.skipped }),
    };
    this.#epochs.push(record);
    yield { type: "epoch", ...record };
    if (this.#end() === null) await this.#keeper?.afterEpoch(() => this.#facts());
  }

  /** Goes through the steps of an epoch that are left, and what is scored between them, to its end or an early one. */
  async *#steps(epoch: number, start: Start): AsyncGenerator<FineTuneEvent, EpochDone | null> {
    const steps = this.#loop.epoch(epoch);
    for (;;) {
      if (this.#isDue(epoch)) {
        const { loss } = await this.#loop.soFar();
        const evaluation = yield* this.#evaluate(loss, start);
        if (evaluation) yield { type: "evaluation", ...evaluation };
      }
      if (this.#isWithin && this.#end() === "early") return this.#loop.soFar();
      const { done, value } = await steps.next();
      if (done) return value;
      this.#curve.take(value.step, value.loss);
      yield value;
      await this.#keeper?.afterStep(() => this.#facts());
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

  /** Has the model hold the mean of its weights, where there is one. */
  async *#putInAverage(): AsyncGenerator<FineTuneEvent, void> {
    const average = this.#average;
    if (!average?.isBegun || !average.putIn()) return;
    this.#objective.start = yield* this.#start();
    await renewStatistics(this.#objective, average.state.epoch, this.settings);
  }

  /** Whether steps have been made since the rows were scored last that they are to be scored after; a run may have stopped in between. */
  #isDue(epoch: number): boolean {
    const begun = (epoch - 1) * this.#loop.stepsPerEpoch;
    const last = this.#evaluations.at(-1)?.step ?? 0;
    const { step } = this.#loop.progress;
    return (
      !this.settings.signal?.aborted &&
      this.#scoredSteps.some((each) => last < begun + each && begun + each <= step)
    );
  }

  /** What the validation rows say of the weights that the run would end with now, which is noted; nothing where there are none. */
  async *#evaluate(
    trainLoss: number,
    start: Start,
  ): AsyncGenerator<FineTuneEvent, EvaluationRecord | undefined> {
    const { valid } = this.data;
    if (!valid) return undefined;
    try {
      let evalSeconds = 0;
      this.#stopwatch.restart();
      yield* this.#putInAverage();
      const run = this.#predict(valid, start);
      let turn = await run.next();
      for (; !turn.done; turn = await run.next()) {
        evalSeconds += this.#stopwatch.lap();
        yield turn.value;
        this.#stopwatch.restart();
      }
      const { loss: validLoss, metrics } = await evaluateLogits(
        turn.value,
        valid.labels,
        this.model,
        this.#metrics,
        this.settings.loss,
      );
      evalSeconds += this.#stopwatch.lap();
      const { step } = this.#loop.progress;
      const epoch = step / this.#loop.stepsPerEpoch;
      const evaluation = { epoch, step, trainLoss, validLoss, metrics, evalSeconds };
      if (this.settings.evalEvery !== undefined) this.#evaluations.push(evaluation);
      this.#best.take(evaluation);
      if (this.keeps.predictions) this.#logits.set(epoch, turn.value);
      for (const each of this.#logits.keys())
        if (each !== epoch && each !== this.#best.epoch) this.#logits.delete(each);
      return evaluation;
    } finally {
      this.#average?.takeOut();
    }
  }

  /** Whether anybody asks what the validation rows say before the last epoch's end. */
  get #isJudged(): boolean {
    return !this.keeps.evaluatesLast || this.settings.earlyStopping !== undefined || this.#best.restores;
  }

  async *#predict(valid: LabelledRows, start: Start): AsyncGenerator<FineTuneEvent, Float32Array> {
    const { batchSize, precision } = this.settings;
    const run = logitsOf(this.model, valid, Math.max(64, batchSize), start, precision);
    for (;;) {
      const { done, value } = await run.next();
      if (done) return value;
      yield { type: "evaluate", done: value, total: valid.count };
    }
  }

  /** Hands over what the validation rows got from the weights that stay. */
  async *#tellPredictions(): AsyncGenerator<FineTuneEvent, void> {
    const { valid } = this.data;
    if (!valid) return;
    // An earlier run, which this one goes on from, may have seen that epoch.
    const logits =
      this.#logits.get(this.#epochOfWeights) ?? (yield* this.#predict(valid, yield* this.#start()));
    this.keeps.predictions?.(toProbabilities(logits, this.model.numLabels, this.model.problemType));
  }

  /** Those that were asked for. */
  get #metrics(): MetricChoice[] {
    const { metric, metrics } = this.settings;
    return metric === "loss" ? metrics : [...metrics, metric];
  }

  get #epochOfWeights(): number {
    return this.settings.restoreBest ? this.#best.epoch : (this.#epochs.at(-1)?.epoch ?? 0);
  }

  #datasets(): LabelledRows[] {
    return this.data.valid ? [this.data.train, this.data.valid] : [this.data.train];
  }
}
