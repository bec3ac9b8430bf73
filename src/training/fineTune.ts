import * as tf from "@tensorflow/tfjs-core";
import { checkOneOf, firstNotFinite } from "../check";
import { batchRows } from "../data/batches";
import type { LabelledRows, Rows } from "../data/Rows";
import { autocast } from "../engine/autocast";
import { FrostError, InputError } from "../errors";
import { listParams } from "../freeze";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { Pass } from "../nn/Pass";
import { frostLine } from "../nn/Stage";
import { sumOfSquares } from "../ops/sumOfSquares/sumOfSquares";
import { readNamed } from "../options/readNamed";
import { trainAndValid } from "../options/table";
import { AdamW } from "./AdamW";
import { BestEpoch } from "./BestEpoch";
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
import { FROM_ROWS, forwardRows, type Start } from "./forwardRows";
import { LossScale } from "./LossScale";
import { learningRates } from "./learningRates";
import { type Loss, lossOf } from "./loss";
import { metricNames } from "./metrics";
import { nextTurn } from "./nextTurn";
import { explainOutOfMemory } from "./outOfMemory";
import { checkFiniteLogits, logitsOf } from "./predict";
import { Run } from "./Run";
import { checkModel, readLabelledRows } from "./readRows";
import { Stoppable } from "./Stoppable";
import { Stopwatch } from "./Stopwatch";
import { scheduleAt } from "./schedule";
import { Unfreezing, unfreezeSchedule } from "./Unfreezing";
import { whyNotFinite } from "./whyNotFinite";

/**
 * Trains what is not frozen. The frozen stages below the first trainable parameter run once per row, of augmented images at every
 * step, in eval mode; the rest learns by AdamW. Loop over the run to follow it, or await it:
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
  readNamed("fineTune", trainAndValid, data, "data");
  checkModel("fineTune", model);
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
  return new Run(training.run(), stoppable);
}

class Training {
  #optimizer: AdamW;
  #features: FrozenFeatures;
  #loss: Loss;
  #lossScale: LossScale | null;
  #best: BestEpoch;
  #stopwatch = new Stopwatch();
  #epochs: EpochRecord[] = [];
  #frozenSeconds = 0;
  #cached = false;
  #step = 0;
  #steps: number;

  constructor(
    private readonly model: Classifier,
    private readonly data: { train: LabelledRows; valid?: LabelledRows },
    private readonly settings: FineTuneSettings,
  ) {
    const batches = Math.ceil(data.train.count / settings.batchSize);
    this.#steps = settings.epochs * Math.ceil(batches / settings.gradientAccumulation);
    this.#loss = lossOf(data.train.labels, settings);
    this.#lossScale = settings.precision === "fp16" ? new LossScale() : null;
    this.#optimizer = new AdamW(settings);
    this.#features = settings.features ?? new FrozenFeatures(model);
    this.#best = new BestEpoch(model, settings);
  }

  async *run(): AsyncGenerator<FineTuneEvent, FineTuneResult> {
    const { epochs, earlyStopping, restoreBest, signal, unfreeze } = this.settings;
    let stopped: FineTuneResult["stopped"] = "finished";
    // Also where that is not known: the model was trained on other texts before.
    this.model.trainedOn = this.data.train.readAs;
    const unfreezing = unfreeze ? new Unfreezing(this.model, unfreeze, epochs) : null;
    try {
      for (let epoch = 1; epoch <= epochs && stopped === "finished"; epoch++) {
        unfreezing?.begin(epoch);
        const start = yield* this.#start();
        const trainLoss = signal?.aborted ? null : yield* this.#trainEpoch(epoch, start);
        if (trainLoss === null) {
          stopped = "aborted";
          break;
        }
        const record = yield* this.#evaluate(epoch, trainLoss, start);
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
      this.#optimizer.dispose();
      this.#best.dispose();
      if (!this.settings.features) this.#features.dispose();
    }
  }

  /** Finds the frost line as the flags stand now, and brings the features below it up to date. */
  async *#start(): AsyncGenerator<FineTuneEvent, Start> {
    const { model, settings } = this;
    const from = frostLine(model.stages);
    if (from === model.stages.length)
      throw new InputError(
        "every parameter is frozen, so nothing can be trained: unfreeze some, the head at least",
      );
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

  /** The mean loss over the rows, or null where the signal ended the epoch. */
  async *#trainEpoch(epoch: number, start: Start): AsyncGenerator<FineTuneEvent, number | null> {
    const { data, settings } = this;
    const rates = learningRates(this.model, settings);
    const { batchSize, gradientAccumulation, seed, schedule } = settings;
    const batches = batchRows(data.train.lengths, { batchSize, shuffle: { seed, epoch } });
    const rowsOf = data.train.epoch({ seed, epoch });
    const from = data.train.varies ? FROM_ROWS : start;
    const warmup = Math.floor(settings.warmup * this.#steps);
    const done = { loss: 0, weight: 0, seconds: 0, steps: 0, skipped: 0 };
    for (let i = 0; i < batches.length; i += gradientAccumulation) {
      this.#stopwatch.restart();
      const group = batches.slice(i, i + gradientAccumulation);
      const train = await rowsOf(
        group,
        batches.slice(i + gradientAccumulation, i + 2 * gradientAccumulation),
      );
      const factor = scheduleAt(schedule, this.#step, this.#steps, warmup);
      this.#step++;
      const lossScale = this.#lossScale?.value;
      const { loss, weight, gradNorm } = await this.#trainStep(epoch, train, group, from, factor, rates);
      done.loss += loss * weight;
      done.weight += weight;
      done.steps++;
      if (!Number.isFinite(gradNorm)) done.skipped++;
      done.seconds += this.#stopwatch.lap();
      yield {
        type: "step",
        epoch,
        step: this.#step,
        steps: this.#steps,
        loss,
        learningRate: settings.learningRate * factor,
        gradNorm,
        ...(lossScale && { lossScale }),
        secondsLeft: (done.seconds / done.steps) * (this.#steps - this.#step),
      };
      await nextTurn();
      if (settings.signal?.aborted && i + gradientAccumulation < batches.length) return null;
    }
    this.#stopwatch.restart();
    await settle(this.model);
    this.#trainSeconds = done.seconds + this.#stopwatch.lap();
    this.#skippedSteps = done.skipped;
    return done.loss / done.weight;
  }

  #trainSeconds = 0;
  #skippedSteps = 0;

  async #trainStep(
    epoch: number,
    train: Rows,
    group: Int32Array[],
    start: Start,
    factor: number,
    rates: ReturnType<typeof learningRates>,
  ): Promise<{ loss: number; weight: number; gradNorm: number }> {
    const { settings } = this;
    const weight = group.reduce((total, rows) => total + this.#loss.weight(rows), 0);
    const gradients = new Map<Parameter, tf.Tensor>();
    const losses: tf.Tensor[] = [];
    const scale = this.#lossScale?.value ?? 1;
    try {
      group.forEach((rows, part) => {
        const pass = new Pass({
          training: true,
          recording: true,
          checkpointing: settings.gradientCheckpointing,
          seed: [settings.seed, epoch, this.#step, part],
        });
        try {
          autocast(settings.precision, () => {
            const loss = forwardRows(this.model, train, rows, start, pass, (logits) =>
              this.#loss.forward(pass, logits, rows, weight),
            );
            losses.push(loss.tensor);
            addInto(gradients, pass.backward(loss, scale));
          });
        } finally {
          pass.dispose();
        }
      });
      // One reading for both: the engine has to finish before either is known.
      const reading = tf.tidy(() => tf.stack([tf.addN(losses), sumOfSquares([...gradients.values()])]));
      const [loss, squares] = await reading.data();
      reading.dispose();
      const gradNorm = Math.sqrt(squares) / scale;
      const finite = Number.isFinite(gradNorm);
      this.#lossScale?.update(finite);
      // Scaled gradients may be beyond float16 where the loss is not: a smaller scale will do for the steps to come.
      if (!Number.isFinite(loss) || (!finite && (!this.#lossScale || this.#lossScale.exhausted))) {
        const rows = Int32Array.from(group.flatMap((batch) => [...batch]));
        const { cause, advice } = await this.#whyNotFinite(train, rows, gradients);
        throw new FrostError(
          `training stopped at step ${this.#step} of epoch ${epoch}: expected a finite loss and gradient, got loss ${loss}, gradient norm ${gradNorm}${cause}, at learning rate ${settings.learningRate * factor}, rows ${rows.join(", ")}; ${advice}`,
        );
      }
      if (finite)
        this.#optimizer.step(
          gradients,
          ({ name }) => {
            const { learningRate, weightDecay } = rates.get(name)!;
            return { learningRate: learningRate * factor, weightDecay };
          },
          Math.min(1, settings.maxGradNorm / (gradNorm + 1e-6)) / scale,
        );
      return { loss, weight, gradNorm };
    } finally {
      tf.dispose(losses);
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }

  /** What a loss or gradient that is not finite comes from, and what to do. */
  async #whyNotFinite(
    train: Rows,
    rows: Int32Array,
    gradients: Map<Parameter, tf.Tensor>,
  ): Promise<{ cause: string; advice: string }> {
    const { labels } = this.data.train;
    const why = await whyNotFinite(this.model, train, rows, this.settings.precision);
    // No parameter is updated by a gradient that is not finite, so such a number came with the model; statistics follow what came in.
    if (why?.startsWith("the parameter"))
      return { cause: `, since ${why}`, advice: "try a model whose weights are finite" };
    if (why?.startsWith("the running statistic"))
      return { cause: `, since ${why}`, advice: "try a lower learning rate, or another checkpoint" };
    const large = labels.problemType === "regression" ? tooLarge(labels.values, rows) : null;
    if (large !== null)
      return { cause: `, since ${large} is beyond what float32 holds`, advice: "scale the labels" };
    const cause = why ?? (await gradientNotFinite(gradients));
    // At the first step nothing has been learned yet, at whatever rate.
    const advice = this.#lossScale
      ? "try precision bf16 or fp32, a lower learning rate or look at these rows"
      : `try ${this.#step === 1 ? "another checkpoint" : "a lower learning rate"} or look at these rows`;
    return { cause: cause === null ? "" : `, since ${cause}`, advice };
  }

  async *#evaluate(
    epoch: number,
    trainLoss: number,
    start: Start,
  ): AsyncGenerator<FineTuneEvent, EpochRecord> {
    const record: EpochRecord = {
      epoch,
      trainLoss,
      validLoss: null,
      metrics: {},
      trainSeconds: this.#trainSeconds,
      evalSeconds: 0,
      ...(this.#lossScale && { lossScale: this.#lossScale.value, skippedSteps: this.#skippedSteps }),
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
    await checkFiniteLogits(turn.value, this.model, valid, precision);
    const { loss, metrics } = await evaluateLogits(turn.value, valid.labels, this.model);
    record.evalSeconds += this.#stopwatch.lap();
    return { ...record, validLoss: loss, metrics };
  }

  #datasets(): LabelledRows[] {
    return this.data.valid ? [this.data.train, this.data.valid] : [this.data.train];
  }
}

/** Waits until the last update has really been made: an engine may run behind. */
async function settle(model: Classifier): Promise<void> {
  const last = model.namedParameters().findLast(([, parameter]) => parameter.requiresGrad);
  if (!last) return;
  const element = tf.tidy(() => tf.slice(tf.reshape(last[1].value, [-1]), 0, 1));
  await element.data();
  element.dispose();
}

function addInto(sums: Map<Parameter, tf.Tensor>, gradients: Map<Parameter, tf.Tensor>): void {
  for (const [parameter, gradient] of gradients) {
    const sum = sums.get(parameter);
    sums.set(parameter, sum ? tf.add(sum, gradient) : gradient);
    if (sum) tf.dispose([sum, gradient]);
  }
}

/** The first label whose square is no finite float32, in words. */
function tooLarge(values: Float32Array, rows: Int32Array): string | null {
  const row = rows.find((row) => !Number.isFinite(Math.fround(values[row] ** 2)));
  return row === undefined ? null : `the square of row ${row}'s label ${values[row]}`;
}

async function gradientNotFinite(gradients: Map<Parameter, tf.Tensor>): Promise<string | null> {
  for (const [{ name }, gradient] of gradients)
    if (firstNotFinite((await gradient.data()) as Float32Array) >= 0)
      return `the gradient of ${name} is not finite`;
  return null;
}
