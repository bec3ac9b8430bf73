import { upload } from "../engine/upload";
import type { Classifier } from "../models/Classifier";
import type { Parameter, Snapshot } from "../nn/Parameter";
import type { BestEpoch } from "./BestEpoch";
import type { RunIdentity } from "./runIdentity";
import type { StateTensor, StoredState } from "./StateFolder";
import type { LoopState, TrainingLoop } from "./TrainingLoop";
import type { AverageState, WeightAverage } from "./WeightAverage";

/** Plain data on the weights of a training, its optimizer and its best epoch; the tensors lie beside it. */
export interface WeightFacts {
  loop: LoopState;
  best: { epoch: number; value: number };
  /** Left out where weights are not averaged. */
  average?: AverageState;
  /** Names of what learns now. */
  trainable: string[];
}

/** Kinds of tensors in a state, in front of the parameter's name. */
type Kind = "weight" | "best" | "mean" | "square" | "average";
const nameOf = (kind: Kind, name: string): string => `${kind} ${name}`;

/**
 * What a training has changed: weights and running statistics, the optimizer's moments, the copies of the best epoch, and flags. Weights
 * that are as they were when the training began are no part of it.
 */
export class TrainingState {
  /** What each parameter and buffer held at the beginning. */
  #stamps: Map<Parameter, number>;
  /** Those that an earlier run has changed already. */
  #changed = new Set<Parameter>();

  constructor(
    private readonly model: Classifier,
    private readonly loop: TrainingLoop,
    private readonly best: BestEpoch,
    /** What learns besides the model's own parameters. */
    private readonly besides: readonly Parameter[] = [],
    private readonly average: WeightAverage | null = null,
  ) {
    this.#stamps = new Map([...this.#all().values()].map((parameter) => [parameter, parameter.stamp]));
  }

  get facts(): WeightFacts {
    const { epoch, value } = this.best;
    return {
      loop: this.loop.state,
      best: { epoch, value },
      ...(this.average && { average: this.average.state }),
      trainable: this.#trainable(),
    };
  }

  /** What is to be written; `last`: of a training that has ended, which goes on no more. */
  tensors(last: boolean): StateTensor[] {
    const weights = [...this.#all()]
      .filter(([, parameter]) => this.#hasChanged(parameter))
      .map(([name, parameter]) => ({
        name: nameOf("weight", name),
        shape: parameter.shape,
        data: () => parameter.data(),
      }));
    if (last) return weights;
    const best = [...this.best.snapshots]
      .filter(([parameter, { stamp }]) => stamp !== parameter.stamp)
      .map(([{ name, shape }, snapshot]) => ({
        name: nameOf("best", name),
        shape,
        data: () => valuesOf(snapshot),
      }));
    const moments = [...this.loop.moments].flatMap(([name, moments]) =>
      (["mean", "square"] as const).map((kind) => ({
        name: nameOf(kind, name),
        shape: moments[kind].shape,
        data: async () => (await moments[kind].data()) as Float32Array,
      })),
    );
    const averages = [...(this.average?.means ?? [])].map(([{ name, shape }, mean]) => ({
      name: nameOf("average", name),
      shape,
      data: () => mean.data(),
    }));
    return [...weights, ...best, ...moments, ...averages];
  }

  /** About how many bytes `tensors` will come to. */
  get bytes(): number {
    const own = this.model.namedParameters().map(([, parameter]) => parameter);
    const learns = [...own, ...this.besides].filter(({ requiresGrad }) => requiresGrad);
    return (this.average ? 16 : 12) * learns.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The first of the model's parameters that holds neither what it held when the state's run began nor what it held in it; null where
   * there is none.
   */
  async stranger(state: StoredState<unknown>, there: RunIdentity, here: RunIdentity): Promise<string | null> {
    for (const [name, parameter] of this.#all()) {
      if (there.weights[name] === here.weights[name]) continue;
      const values = await parameter.data();
      const kept = (["weight", "best"] as const)
        .map((kind) => nameOf(kind, name))
        .filter((tensor) => state.shapes.has(tensor));
      if (!kept.some((tensor) => sameBits(values, state.read(tensor)))) return name;
    }
    return null;
  }

  /**
   * Brings the model's weights and flags, the loop and the best epoch to where they were in the state, but for the optimizer's moments:
   * `restoreMoments` follows where training goes on.
   */
  restore(state: StoredState<unknown>, facts: WeightFacts, last: boolean): void {
    const tensor = (name: string) => tensorOf(state, name);
    const copies = new Map<Parameter, Snapshot>();
    for (const [name, parameter] of this.#all()) {
      const [weight, best] = [nameOf("weight", name), nameOf("best", name)];
      if (state.shapes.has(best)) {
        parameter.assign(tensor(best));
        copies.set(parameter, parameter.snapshot());
      }
      if (state.shapes.has(weight)) {
        this.#changed.add(parameter);
        parameter.assign(tensor(weight));
      }
    }
    const trainable = new Set(facts.trainable);
    for (const [name, parameter] of this.model.namedParameters())
      parameter.requiresGrad = trainable.has(name);
    const { epoch, value } = facts.best;
    this.loop.restore(facts.loop);
    // What has no copy of its own was in the best epoch as it is now.
    if (!last && this.best.restores && epoch > 0)
      for (const parameter of this.#all().values())
        if (!copies.has(parameter)) copies.set(parameter, parameter.snapshot());
    this.best.resume(epoch, value, copies);
    if (!last && facts.average)
      this.average?.restore(facts.average, (name) => {
        const average = nameOf("average", name);
        return state.shapes.has(average) ? tensor(average) : null;
      });
  }

  restoreMoments(state: StoredState<unknown>, { loop }: WeightFacts): void {
    this.loop.restoreMoments(loop, (name, moment) => tensorOf(state, nameOf(moment, name)));
  }

  #trainable(): string[] {
    return this.model.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? name : []));
  }

  #all(): Map<string, Parameter> {
    return new Map([
      ...this.model.namedParameters(),
      ...this.model.namedBuffers(),
      ...this.besides.map((parameter) => [parameter.name, parameter] as const),
    ]);
  }

  #hasChanged(parameter: Parameter): boolean {
    return this.#changed.has(parameter) || this.#stamps.get(parameter) !== parameter.stamp;
  }
}

const tensorOf = (state: StoredState<unknown>, name: string) =>
  upload(state.read(name), state.shapes.get(name)!);

async function valuesOf({ content }: Snapshot): Promise<Float32Array> {
  return (await content.data()) as Float32Array;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

const sameBits = (a: Float32Array, b: Float32Array): boolean => bytesOf(a).equals(bytesOf(b));
