import type * as tf from "@tensorflow/tfjs-core";
import type { StepInputs } from "../engine/recorder/Replays";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { type Draw, seedAt } from "../nn/Pass";
import type { Stage } from "../nn/Stage";
import type { StepArrays } from "../nn/StepArrays";
import { seedLabel, seedNumbers } from "../ops/dropoutMask/recorded";
import type { AdamW } from "./AdamW";
import type { Part } from "./TrainingLoop";
import type { UpdateRates } from "./UpdateRates";

/**
 * A training step as it can be told from others, and found again: all that decides what it computes is either part of its `form`, or one
 * of its tensors, or one of its inputs by name.
 */
export class StepOfLoop implements StepInputs {
  readonly form: string;
  readonly tensors: tf.Tensor[];
  /** Running statistics, which a forward may move. */
  readonly buffers: Parameter[];
  /** The seeds that its forward has drawn. */
  draws: ReadonlyMap<number, Draw | null> = new Map();
  #seed: Part["seed"];
  #arrays: StepArrays;
  #rates: UpdateRates | null;

  /** `rates` where the step updates as well. */
  constructor(
    model: Classifier,
    besides: readonly Parameter[],
    part: Part,
    {
      arrays,
      scale,
      rates,
      disturbance,
    }: { arrays: StepArrays; scale: number; rates: UpdateRates | null; disturbance: string | null },
    optimizer: AdamW,
  ) {
    this.#seed = part.seed;
    this.#arrays = arrays;
    this.#rates = rates;
    const parameters = new Set(model.stages.flatMap(({ parameters }) => parameters).concat(besides));
    const buffers = new Set(model.stages.flatMap(({ buffers = [] }) => buffers));
    const all = [...parameters, ...buffers];
    this.buffers = [...buffers].filter(({ stored }) => !stored);
    const trainable = [...parameters].filter(({ requiresGrad }) => requiresGrad);
    // What is unread is read by the step, which then is another one.
    const read = all.filter(({ stored }) => !stored);
    this.tensors = [
      ...new Set([
        ...read.map(({ value }) => value),
        ...(rates ? optimizer.tensorsOf(trainable.filter(({ stored }) => !stored)) : []),
      ]),
    ];
    this.form = [
      part.form,
      scale,
      rates?.form,
      disturbance,
      ...Object.entries(arrays).map(([name, { shape }]) => `${name} ${shape}`),
      ...model.stages.map(adaptersOf),
      ...all.map(({ name, stored, requiresGrad }) => `${name} ${stored ? "unread" : requiresGrad}`),
    ].join("\n");
  }

  nameOf(label: string): string | null {
    if (Object.hasOwn(this.#arrays, label)) return label;
    for (const [seed, draw] of this.draws)
      if (draw && seedLabel(seed) === label) return `seed ${draw.place} ${draw.scope ?? ""}`;
    return this.#rates?.nameOf(label) ?? null;
  }

  numbersOf(name: string): ArrayLike<number> {
    if (Object.hasOwn(this.#arrays, name)) return this.#arrays[name].numbers();
    const [, place, scope] = /^seed (\d+) (.*)$/.exec(name) ?? [];
    if (place === undefined) return this.#rates!.numbersOf(name);
    return seedNumbers(seedAt(this.#seed, { place: Number(place), scope: scope || null }));
  }
}

/** What adapters of a stage do to it. */
const adaptersOf = ({ adaptable = [] }: Stage): string =>
  adaptable
    .map(({ lora }) => (lora ? `${lora.scale} ${lora.dropout} ${lora.merged} ${!lora.magnitude}` : ""))
    .join();
