import * as tf from "@tensorflow/tfjs-core";
import { batchRows } from "../data/batches";
import type { Rows } from "../data/Rows";
import { autocast } from "../engine/autocast";
import { Replays } from "../engine/recorder/Replays";
import { computeNow, staysOnDevice, tidyUp } from "../engine/recorder/recording";
import { greatest } from "../extremes";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { Pass, type Value } from "../nn/Pass";
import type { StepArrays } from "../nn/StepArrays";
import { sumOfSquares } from "../ops/sumOfSquares/sumOfSquares";
import { visibly } from "../text/visibly";
import { AdamW, type AdamWOptions, type Moments, type Rates } from "./AdamW";
import type { Adversary } from "./Adversary";
import type { StepEvent } from "./events";
import type { FineTuneSettings } from "./FineTuneOptions";
import { LossScale } from "./LossScale";
import { learningRates, type RateOptions } from "./learningRates";
import { nextTurn } from "./nextTurn";
import { isOutOfMemory } from "./outOfMemory";
import { movingStatistics } from "./renewStatistics";
import { StepOfLoop } from "./StepOfLoop";
import { Stopwatch } from "./Stopwatch";
import { type Ramp, type Schedule, scheduleAt } from "./schedule";
import { stepsPerEpoch } from "./stepsPerEpoch";
import type { WeightAverage } from "./WeightAverage";

/** A step's batches as parts of at most so many rows each, to be asked for again where they are still too many. */
export type Cut = (rows: number) => Part[];

/** One batch of a step, or a part of one. */
export interface Part {
  /** How many rows. */
  rows: number;
  /** What its examples weigh together: the loss of a step is the weighted mean over its examples. */
  weight: number;
  /** Seeds the dropout of its forward. */
  seed: (number | string)[];
  /** What its forward reads of JavaScript; null where no other batch has arrays of these shapes. */
  arrays: ((total: number) => StepArrays) | null;
  /** What else decides what its forward does. */
  form: string;
  /** Σ of its examples' weighted losses divided by `total`, a scalar. */
  forward(pass: Pass, total: number): Value;
}

/** A step whose loss or gradient is not finite. */
export type FailedStep = Pick<StepEvent, "epoch" | "step" | "loss" | "gradNorm" | "learningRate"> & {
  rows: Int32Array;
  gradients: ReadonlyMap<Parameter, tf.Tensor>;
};

/** What a model is trained to do, and on which rows. */
export interface Objective {
  readonly rows: Rows;
  /** What learns besides the model's own parameters. */
  readonly besides?: readonly Parameter[];
  /** Makes the parts of one step of an epoch, from 1 over all epochs, and what it can meanwhile of the next step's; none skip the step. */
  epoch(epoch: number): (batches: Int32Array[], next: Int32Array[], step: number) => Promise<Cut>;
  /** The error that ends the training. */
  notFinite(failed: FailedStep): Promise<Error>;
}

/** How a model is trained, whatever for. */
export type LoopSettings = AdamWOptions &
  RateOptions &
  Pick<FineTuneSettings, "epochs" | "batchSize" | "gradientAccumulation" | "warmup"> &
  Pick<FineTuneSettings, "maxGradNorm" | "precision" | "gradientCheckpointing" | "seed" | "signal"> & {
    schedule: Schedule | Ramp;
  } & Pick<FineTuneSettings, "microBatchSize" | "log">;

/** Mean loss by weight, steps with examples, updates left out for a gradient beyond float16, and seconds of an epoch. */
export type EpochDone = Record<"loss" | "steps" | "skipped" | "seconds", number>;

/** Where in an epoch a training is: the batch that comes next, and what the batches before it came to. */
type Within = Record<"epoch" | "next" | "loss" | "weight" | "seconds" | "steps" | "skipped", number>;

/** What a loop goes on from, besides the moments' tensors: plain data. */
export interface LoopState {
  step: number;
  within: Within | null;
  /** Rows at a time; left out by the first states, where that was a batch. */
  microBatchSize?: number;
  lossScale: LossScale["state"] | null;
  /** Updates of each parameter, by name. */
  updates: Record<string, number>;
}

/**
 * Steps of AdamW on batches of rows. Everything that learns is trained, whoever owns it; the objective gives the loss. Owns the
 * optimizer's state until `dispose()`.
 */
export class TrainingLoop {
  #optimizer: AdamW;
  #lossScale: LossScale | null;
  #stopwatch = new Stopwatch();
  #replays = new Replays<Parameter>();
  #step = 0;
  #steps: number;
  #within: Within | null = null;
  #microBatchSize: number;
  #rowsInVain: number | null = null;
  /** Whether nothing that a step changes has been changed, so that it can be computed again. */
  #isUntouched = true;

  constructor(
    private readonly model: Classifier,
    private readonly objective: Objective,
    private readonly settings: LoopSettings,
    private readonly average: WeightAverage | null = null,
    private readonly adversary: Adversary | null = null,
  ) {
    const { epochs, precision, batchSize, microBatchSize = batchSize } = settings;
    this.#microBatchSize = microBatchSize === "auto" ? batchSize : Math.min(batchSize, microBatchSize);
    this.#steps = epochs * stepsPerEpoch(objective.rows.count, settings);
    this.#optimizer = new AdamW(settings);
    this.#lossScale = precision === "fp16" ? new LossScale() : null;
  }

  /** In precision fp16 what the next step's loss is multiplied by, else null. */
  get lossScale(): number | null {
    return this.#lossScale?.value ?? null;
  }

  /** Updates so far, and of all epochs. */
  get progress(): { step: number; steps: number } {
    return { step: this.#step, steps: this.#steps };
  }

  /** Updates of one epoch. */
  get stepsPerEpoch(): number {
    return this.#steps / this.settings.epochs;
  }

  /** How many rows go through the model at a time: a batch's, or fewer, as told or as fit into memory. */
  get microBatchSize(): number {
    return this.#microBatchSize;
  }

  /** How many rows at a time had no room in a step that was given up; null where none was. */
  get rowsInVain(): number | null {
    return this.#rowsInVain;
  }

  /** Finds how many rows fit into memory at a time: computes gradients of the longest ones, which change nothing. */
  async findMicroBatchSize(): Promise<void> {
    const { rows } = this.objective;
    const [longest] = batchRows(rows.lengths, this.settings);
    const cut = await this.objective.epoch(1)([longest], [], 1);
    await this.#inMemory(cut, async ([part]) => {
      const gradients = new Map<Parameter, tf.Tensor>();
      const losses: tf.Tensor[] = [];
      try {
        // Where no token is to be predicted, nothing is computed.
        if (part) this.#backward([part], part.weight || 1, 1, gradients, losses, null, "kept");
        computeNow();
        for (const loss of losses) await loss.data();
      } finally {
        disposeAll(gradients, losses);
      }
    });
  }

  /** What the steps of the epoch so far came to, once the last update is made: an engine may run behind. */
  async soFar(): Promise<EpochDone> {
    const done = this.#within!;
    this.#stopwatch.restart();
    await this.#settle();
    done.seconds += this.#stopwatch.lap();
    const { steps, skipped, seconds } = done;
    return { loss: done.loss / done.weight, steps, skipped, seconds };
  }

  /** The optimizer's moments by parameter name; the tensors stay its own. */
  get moments(): ReadonlyMap<string, Moments> {
    return this.#optimizer.moments;
  }

  /** Where it is between two steps. */
  get state(): LoopState {
    return {
      step: this.#step,
      within: this.#within && { ...this.#within },
      microBatchSize: this.#microBatchSize,
      lossScale: this.#lossScale?.state ?? null,
      updates: Object.fromEntries([...this.moments].map(([name, { step }]) => [name, step])),
    };
  }

  /** Goes on from there, once `restoreMoments` has followed. */
  restore(state: LoopState): void {
    this.#step = state.step;
    this.#within = state.within && { ...state.within };
    this.#microBatchSize = state.microBatchSize ?? this.#microBatchSize;
    if (state.lossScale) this.#lossScale?.restore(state.lossScale);
  }

  /** Makes the optimizer's moments those of the state, the weights being restored; takes ownership of what `read` makes. */
  restoreMoments({ updates }: LoopState, read: (name: string, moment: "mean" | "square") => tf.Tensor): void {
    const besides = (this.objective.besides ?? []).map((parameter) => [parameter.name, parameter] as const);
    const named = new Map([...this.model.namedParameters(), ...besides]);
    for (const [name, step] of Object.entries(updates)) {
      const [mean, square] = [read(name, "mean"), read(name, "square")];
      this.#optimizer.restore(named.get(name)!, { step, mean, square });
    }
  }

  /** Trains on all rows once, or on those that are left of an epoch; null where the signal ended it. */
  async *epoch(epoch: number): AsyncGenerator<StepEvent, EpochDone | null> {
    const { batchSize, gradientAccumulation, seed, schedule, signal } = this.settings;
    const rates = learningRates(this.model, this.settings);
    const batches = batchRows(this.objective.rows.lengths, { batchSize, shuffle: { seed, epoch } });
    const partsOf = this.objective.epoch(epoch);
    const warmup = Math.floor(this.settings.warmup * this.#steps);
    if (this.#within?.epoch !== epoch)
      this.#within = { epoch, next: 0, loss: 0, weight: 0, seconds: 0, steps: 0, skipped: 0 };
    const done = this.#within;
    this.average?.beginEpoch();
    while (done.next < batches.length) {
      if (signal?.aborted) return null;
      this.#stopwatch.restart();
      const next = done.next + gradientAccumulation;
      const group = batches.slice(done.next, next);
      const factor = scheduleAt(schedule, this.#step, this.#steps, warmup);
      this.#step++;
      const cut = await partsOf(group, batches.slice(next, next + gradientAccumulation), this.#step);
      const whole = cut(batchSize);
      if (whole.length === 0) {
        done.next = next;
        continue;
      }
      const weight = whole.reduce((total, part) => total + part.weight, 0);
      const { lossScale } = this;
      const { loss, gradNorm } = await this.#inMemory(cut, (parts) =>
        this.#train(parts, weight, epoch, group, factor, rates),
      );
      done.loss += loss * weight;
      done.weight += weight;
      done.steps++;
      done.next = next;
      if (Number.isFinite(gradNorm)) this.average?.afterStep(this.#step, epoch);
      else done.skipped++;
      done.seconds += this.#stopwatch.lap();
      yield {
        type: "step",
        epoch,
        step: this.#step,
        steps: this.#steps,
        loss,
        learningRate: this.settings.learningRate * factor,
        gradNorm,
        ...(lossScale && { lossScale }),
        secondsLeft: (done.seconds / done.steps) * (this.#steps - this.#step),
      };
      await nextTurn();
    }
    this.average?.afterEpoch(epoch);
    return this.soFar();
  }

  dispose(): void {
    this.#optimizer.dispose();
  }

  /** Computes a step by parts that fit into memory: where they do not, by half as many rows at a time from then on. */
  async #inMemory<Result>(cut: Cut, compute: (parts: Part[]) => Promise<Result>): Promise<Result> {
    const before = this.#microBatchSize;
    for (;;) {
      const parts = cut(this.#microBatchSize);
      this.#isUntouched = true;
      try {
        const result = await compute(parts);
        if (this.#microBatchSize < before) this.#sayMicroBatchSize();
        return result;
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        const rows = greatest(parts.map((part) => part.rows));
        // A smaller batch has other means and variances, so that the step would be another one.
        if (!this.#isUntouched || rows <= 1 || movingStatistics(this.model).length > 0) {
          this.#rowsInVain = rows;
          throw error;
        }
        this.#microBatchSize = Math.ceil(rows / 2);
        tidyUp();
      }
    }
  }

  #sayMicroBatchSize(): void {
    const { batchSize, log = console.info } = this.settings;
    const { rows } = this.objective;
    visibly(log)(
      `the engine ran out of memory on a batch of ${batchSize} ${rows}: it goes on with ${this.#microBatchSize} at a time, whose gradients are added up to those of the batch`,
    );
  }

  /** One update by the gradients of all parts together. */
  async #train(
    parts: Part[],
    weight: number,
    epoch: number,
    group: Int32Array[],
    factor: number,
    rates: ReturnType<typeof learningRates>,
  ): Promise<{ loss: number; gradNorm: number }> {
    const gradients = new Map<Parameter, tf.Tensor>();
    const losses: tf.Tensor[] = [];
    const scale = this.#lossScale?.value ?? 1;
    const ratesOf = ({ name }: Parameter) => {
      const { learningRate, weightDecay } = rates.get(name) ?? this.settings;
      return { learningRate: learningRate * factor, weightDecay };
    };
    const update = (gradientScale: number | tf.Tensor) =>
      this.#optimizer.step(gradients, ratesOf, gradientScale);
    const { maxGradNorm } = this.settings;
    // A device goes on to the update, and is read then: until it is, all that goes before waits for it.
    const ahead = staysOnDevice();
    const disturbance = this.adversary?.form(epoch) ?? null;
    const step = this.#stepOf(parts, weight, scale, ahead ? ratesOf : null, disturbance);
    /** Whose updates the optimizer counts before it is known that they were made. */
    let counted: Parameter[] = [];
    let read = null as tf.Tensor | null;
    const compute = () => {
      this.#backward(parts, weight, scale, gradients, losses, step);
      if (disturbance !== null) this.#disturb(parts, weight, scale, gradients, step);
      const trained = [...gradients.keys()];
      // Both are read at once: the engine has to finish before either is known.
      const reading = tf.tidy(() => tf.stack([tf.addN(losses), sumOfSquares([...gradients.values()])]));
      read = reading;
      tf.dispose(losses.splice(0));
      if (ahead) {
        const clipping = clippingOf(reading, maxGradNorm, scale);
        update(clipping);
        counted = trained;
        clipping.dispose();
        disposeAll(gradients, losses);
      }
      const moved = step?.buffers.map(({ value }) => value) ?? [];
      return { results: [reading, ...gradients.values(), ...moved], notes: trained };
    };
    try {
      const { results, notes, replayed } = step
        ? this.#replays.run(step.form, step.tensors, step, compute)
        : { ...compute(), replayed: false };
      const [reading, ...others] = results;
      const trained = [...notes];
      if (replayed) {
        if (ahead) {
          this.#optimizer.advance(trained);
          counted = trained;
        } else for (const parameter of trained) gradients.set(parameter, others.shift()!);
        for (const [i, buffer] of step!.buffers.entries())
          if (others[i] !== buffer.value) buffer.assign(others[i]);
      }
      const [loss, squares] = await reading.data().finally(() => reading.dispose());
      counted = [];
      const gradNorm = Math.sqrt(squares) / scale;
      const finite = Number.isFinite(gradNorm);
      this.#lossScale?.update(finite);
      if (ahead && !(finite && Number.isFinite(loss))) this.#optimizer.takeBack(trained);
      // Scaled gradients may be beyond float16 where the loss is not: the steps to come have a smaller scale.
      if (!Number.isFinite(loss) || (!finite && (!this.#lossScale || this.#lossScale.exhausted))) {
        if (ahead) this.#backward(parts, weight, scale, gradients, losses);
        throw await this.objective.notFinite({
          ...{ epoch, step: this.#step, loss, gradNorm, gradients },
          learningRate: this.settings.learningRate * factor,
          rows: Int32Array.from(group.flatMap((batch) => [...batch])),
        });
      }
      this.#isUntouched = false;
      if (finite && !ahead) update(Math.min(1, maxGradNorm / (gradNorm + 1e-6)) / scale);
      return { loss, gradNorm };
    } catch (error) {
      read?.dispose();
      this.#optimizer.takeBack(counted);
      throw error;
    } finally {
      disposeAll(gradients, losses);
    }
  }

  /** What the step is told by; null where it is spelled out each time. `ratesOf` where it updates as well. */
  #stepOf(
    parts: Part[],
    weight: number,
    scale: number,
    ratesOf: ((parameter: Parameter) => Rates) | null,
    disturbance: string | null,
  ): StepOfLoop | null {
    const [part] = parts;
    // More than one part, or blocks that are computed again, are several programs.
    if (!this.#replays.arePossible || parts.length > 1 || !part.arrays || this.settings.gradientCheckpointing)
      return null;
    const { besides = [] } = this.objective;
    const trainable = [...this.model.namedParameters().map(([, parameter]) => parameter), ...besides].filter(
      ({ requiresGrad }) => requiresGrad,
    );
    const rates = ratesOf && this.#optimizer.ratesOf(trainable, ratesOf);
    return new StepOfLoop(
      this.model,
      besides,
      part,
      { arrays: part.arrays(weight), scale, rates, disturbance },
      this.#optimizer,
    );
  }

  /** Adds up the gradients of all parts, each multiplied by `scale`, and gathers their losses. */
  #backward(
    parts: Part[],
    weight: number,
    scale: number,
    gradients: Map<Parameter, tf.Tensor>,
    losses: tf.Tensor[],
    step: StepOfLoop | null = null,
    statistics: "moving" | "kept" = "moving",
  ): void {
    const { precision, gradientCheckpointing: checkpointing } = this.settings;
    for (const { seed, forward } of parts) {
      const pass = new Pass({ training: true, recording: true, checkpointing, statistics, seed });
      if (step) step.draws = pass.draws;
      try {
        autocast(precision, () => {
          const loss = forward(pass, weight);
          losses.push(loss.tensor);
          addInto(gradients, pass.backward(loss, scale));
        });
        // One part's memory is given back before the next.
        if (parts.length > 1) computeNow();
      } finally {
        pass.dispose();
      }
    }
  }

  /** Gradients of disturbed weights, with the same dropout, beside or in place of those that are there. */
  #disturb(
    parts: Part[],
    weight: number,
    scale: number,
    gradients: Map<Parameter, tf.Tensor>,
    step: StepOfLoop | null,
  ): void {
    const disturbed = new Map<Parameter, tf.Tensor>();
    const losses: tf.Tensor[] = [];
    try {
      this.adversary!.disturbed(gradients, scale, () =>
        this.#backward(parts, weight, scale, disturbed, losses, step, "kept"),
      );
    } catch (error) {
      disposeAll(disturbed, losses);
      throw error;
    }
    tf.dispose(losses);
    if (!this.adversary!.adds) disposeAll(gradients, []);
    addInto(gradients, disturbed);
  }

  /** Waits until the last update is made: an engine may run behind. */
  async #settle(): Promise<void> {
    const last = this.model.namedParameters().findLast(([, parameter]) => parameter.requiresGrad);
    if (!last) return;
    const element = tf.tidy(() => tf.slice(tf.reshape(last[1].value, [-1]), 0, 1));
    await element.data();
    element.dispose();
  }
}

/**
 * What gradients are multiplied by, from the loss and the sum of their squares: undoes the loss's scale, and shortens what is longer than
 * `most`; 0 where either is not finite.
 */
function clippingOf(reading: tf.Tensor, most: number, scale: number): tf.Tensor {
  return tf.tidy(() => {
    const [loss, squares] = tf.unstack(reading);
    const norm = tf.div(tf.sqrt(squares), scale);
    const factor = tf.div(tf.minimum(tf.div(most, tf.add(norm, 1e-6)), 1), scale);
    const finite = tf.logicalAnd(tf.isFinite(loss), tf.isFinite(squares));
    return tf.where(finite, factor, tf.scalar(0));
  });
}

function disposeAll(gradients: Map<Parameter, tf.Tensor>, losses: tf.Tensor[]): void {
  tf.dispose([...gradients.values(), ...losses.splice(0)]);
  gradients.clear();
}

/** Takes over the gradients, also where there is no memory for a sum. */
function addInto(sums: Map<Parameter, tf.Tensor>, gradients: Map<Parameter, tf.Tensor>): void {
  try {
    for (const [parameter, gradient] of gradients) {
      const sum = sums.get(parameter);
      sums.set(parameter, sum ? tf.add(sum, gradient) : gradient);
      gradients.delete(parameter);
      if (sum) tf.dispose([sum, gradient]);
    }
  } catch (error) {
    disposeAll(gradients, []);
    throw error;
  }
}
