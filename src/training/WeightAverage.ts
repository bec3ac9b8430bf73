import * as tf from "@tensorflow/tfjs-core";
import { Replays, type StepInputs } from "../engine/recorder/Replays";
import { computeNow, stepInput } from "../engine/recorder/recording";
import { uploadZeros } from "../engine/upload";
import type { Classifier } from "../models/Classifier";
import { Parameter } from "../nn/Parameter";
import { movingStatistics } from "./renewStatistics";

/** Which mean of a training's weights, by its name or with settings of its own. */
export type AverageChoice = "ema" | "swa" | EmaAverage | SwaAverage;

/** The exponential mean of the weights after each step. */
export interface EmaAverage {
  /** Which mean. */
  name: "ema";
  /** The share that the mean keeps at each step. Default: 0.999. */
  decay?: number;
}

/** The mean of weights of the last epochs, all alike. */
export interface SwaAverage {
  /** Which mean. */
  name: "swa";
  /** The first epoch whose weights it takes in. Default: the last quarter of the epochs, two at least. */
  fromEpoch?: number;
  /** Takes them in after every so many steps of the run. Default: at each epoch's end. */
  everySteps?: number;
}

/** How often weights were taken in, and the newest epoch at whose end: plain data. */
export interface AverageState {
  count: number;
  epoch: number;
}

/** How many numbers are averaged at a time, so that not all are in memory twice. */
const ROOM = 2 ** 23;

const SHARE = "share of the new weights";

/**
 * A running mean of what learns, as torch.optim.swa_utils.AveragedModel has it: exponential after each update, or equal in the epochs
 * from a chosen one on (Izmailov et al. 2018). What is frozen is as it is and takes no room; what thaws later was until then as it was
 * frozen. Owns the means until `dispose()`.
 */
export class WeightAverage {
  #name: "ema" | "swa";
  #decay: number;
  #fromEpoch: number;
  #everySteps: number | null;
  #means = new Map<Parameter, Parameter>();
  #count = 0;
  #epoch = 0;
  /** Running statistics made for the means as they are now; null where they are to be made. */
  #statistics: Map<Parameter, Parameter> | null = null;
  #replays = new Replays<never>();
  /** Whether model and means have changed places. */
  #isIn = false;

  constructor(
    private readonly model: Classifier,
    choice: AverageChoice,
    epochs: number,
  ) {
    const how = typeof choice === "string" ? { name: choice } : choice;
    this.#name = how.name;
    this.#decay = "decay" in how && how.decay !== undefined ? how.decay : 0.999;
    const { fromEpoch, everySteps } = how.name === "swa" ? (how as SwaAverage) : {};
    this.#fromEpoch = fromEpoch ?? lastQuarter(epochs);
    this.#everySteps = everySteps ?? null;
  }

  /** Whether there is a mean yet. */
  get isBegun(): boolean {
    return this.#count > 0;
  }

  get state(): AverageState {
    return { count: this.#count, epoch: this.#epoch };
  }

  /** The means by the parameter they are of; they stay its own. */
  get means(): ReadonlyMap<Parameter, Parameter> {
    return this.#means;
  }

  /** Goes on from there; takes ownership of what `read` makes, and null stands for what had no mean. */
  restore({ count, epoch }: AverageState, read: (name: string) => tf.Tensor | null): void {
    this.#count = count;
    this.#epoch = epoch;
    for (const [name, parameter] of this.model.namedParameters()) {
      const mean = read(name);
      if (mean) this.#means.set(parameter, new Parameter(name, mean));
    }
  }

  /** Before the steps of an epoch: what has thawed joins with the values that it had while it was frozen. */
  beginEpoch(): void {
    if (this.isBegun) this.#join();
  }

  /** After an update of the weights, the `step`-th of the run. */
  afterStep(step: number, epoch: number): void {
    if (this.#name === "ema") this.#take();
    else if (this.#everySteps !== null && epoch >= this.#fromEpoch && step % this.#everySteps === 0)
      this.#take();
  }

  /** After the steps of an epoch, which may be told again by a run that goes on from there. */
  afterEpoch(epoch: number): void {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    if (this.#name === "swa" && this.#everySteps === null && epoch >= this.#fromEpoch) this.#take();
  }

  /**
   * Lets the model hold the means, and holds its weights meanwhile. Whether running statistics are to be made for them, which are 0 then:
   * where there are some, and the means are others than the last time.
   */
  putIn(): boolean {
    if (this.#isIn) return false;
    const isNew = this.#statistics === null;
    this.#statistics ??= new Map(
      movingStatistics(this.model).map((buffer) => [
        buffer,
        new Parameter(buffer.name, uploadZeros(buffer.shape)),
      ]),
    );
    this.#exchange();
    this.#isIn = true;
    return isNew && this.#statistics.size > 0;
  }

  /** Undoes `putIn`, to the bit. */
  takeOut(): void {
    if (this.#isIn) this.#exchange();
    this.#isIn = false;
  }

  dispose(): void {
    for (const mean of this.#means.values()) mean.dispose();
    this.#means.clear();
    this.#forgetStatistics();
  }

  #exchange(): void {
    for (const [parameter, mean] of [...this.#means, ...this.#statistics!]) parameter.exchange(mean);
  }

  #forgetStatistics(): void {
    for (const statistic of this.#statistics?.values() ?? []) statistic.dispose();
    this.#statistics = null;
  }

  #take(): void {
    if (this.isBegun) this.#move(this.#name === "ema" ? 1 - this.#decay : 1 / (this.#count + 1));
    else this.#join();
    this.#count++;
    this.#forgetStatistics();
  }

  /** Copies of what learns and has no mean yet. A clone would share its data, which the next update could not write over. */
  #join(): void {
    for (const [name, parameter] of this.model.namedParameters())
      if (parameter.requiresGrad && !this.#means.has(parameter))
        this.#means.set(
          parameter,
          new Parameter(
            name,
            tf.tidy(() => tf.mul(parameter.value, 1)),
          ),
        );
    computeNow();
  }

  /** Moves all means towards the weights by this share of the way. */
  #move(share: number): void {
    const inputs: StepInputs = {
      nameOf: (label) => (label === SHARE ? SHARE : null),
      numbersOf: () => [share],
    };
    for (const group of inGroups([...this.#means])) {
      const compute = () =>
        tf.tidy(() => {
          const by = stepInput(SHARE, tf.scalar(share));
          const moved = group.map(([{ value }, mean]) =>
            tf.add(mean.value, tf.mul(tf.sub(value, mean.value), by)),
          );
          return { results: moved, notes: [] };
        });
      const form = group.map(([{ name }]) => name).join("\n");
      const tensors = group.flatMap(([{ value }, mean]) => [value, mean.value]);
      const { results, replayed } = this.#replays.run(form, tensors, inputs, compute);
      if (!replayed) computeNow();
      for (const [i, [, mean]] of group.entries()) mean.assign(results[i]);
    }
  }
}

/** The last quarter of the epochs (Izmailov et al. 2018), but two at least where there are two. */
const lastQuarter = (epochs: number): number =>
  Math.max(1, Math.min(Math.floor(epochs * 0.75) + 1, epochs - 1));

type Pair = [Parameter, Parameter];

function inGroups(pairs: Pair[]): Pair[][] {
  const groups: Pair[][] = [];
  let room = 0;
  for (const pair of pairs) {
    const { size } = pair[0];
    if (size > room || groups.length === 0) {
      groups.push([]);
      room = ROOM;
    }
    groups[groups.length - 1].push(pair);
    room -= size;
  }
  return groups;
}
