import * as tf from "@tensorflow/tfjs-core";
import { computeNow } from "../engine/recorder/recording";
import { inStage, stageName } from "../engine/stageName";
import type { Dropout } from "../ops/dropoutMask/dropoutMask";
import type { OpName, Settings } from "../ops/forms";
import { Random } from "../random";
import { Parameter } from "./Parameter";

/** A tensor that the model computed; `tracked` where backward computes its gradient. */
export class Value {
  constructor(
    /** Nobody but a pass replaces it, by its copy, where it computes a part of the model again. */
    public tensor: tf.Tensor,
    readonly tracked: boolean,
  ) {}
}

/** What a gradient may be asked for: earlier values and parameters. */
export type Source = Value | Parameter;

/** What an op reads, by name: also tensors that no gradient is asked for, such as a mask. What is null or undefined is not there. */
export type Inputs = Record<string, Source | tf.Tensor | null | undefined>;

/** By name; null or undefined where there is none. */
type Tensors<Name extends PropertyKey = string> = { [Key in Name]?: tf.Tensor | null };

type Wanted<In> = { [Name in keyof In]: boolean };

/** What computed a tensor: all that is needed to write it down. */
export interface Described<In extends Inputs = Inputs, Op extends OpName = OpName> {
  output: tf.Tensor;
  inputs: In;
  /** Left out by ops that only train. */
  op?: Op;
  /** What the op is told beside its inputs. */
  settings?: object;
}

/** That those settings are there which the op asks for. */
type Told<In, Op extends OpName> = [Op] extends [never]
  ? unknown
  : Partial<Settings<Op, In>> extends Settings<Op, In>
    ? { settings?: Settings<Op, In> }
    : { settings: Settings<Op, In> };

/** A forward op with its backward. */
export interface Recorded<In extends Inputs, Saved extends Tensors, Op extends OpName>
  extends Described<In, Op> {
  /** What backward reads, by name; asked for only where the op is recorded. `wanted` says which inputs want a gradient. */
  saved?: (wanted: Wanted<In>) => Saved;
  /**
   * From the gradient of the output, `dy`, to those of the inputs. `gathered(name)` gives what later ops have
   * added to that input's gradient so far, or null; a backward that asks for it has to add it to what it returns.
   */
  backward: (
    dy: tf.Tensor,
    saved: Saved,
    wanted: Wanted<In>,
    gathered: (input: keyof In) => tf.Tensor | null,
  ) => Tensors<keyof In>;
}

interface Step {
  output: Value;
  /** What its backward is called where an engine tells of an error. */
  stage: string;
  sources: Map<string, Source>;
  saved: tf.Tensor[];
  backward: (dy: tf.Tensor, gathered: (input: string) => tf.Tensor | null) => Tensors;
}

/** A checkpointed segment: only its input is saved; backward computes it again, and its steps take its place. */
interface Checkpoint {
  output: Value;
  saved: tf.Tensor[];
  recompute: () => Value;
}

/** Where a pass drew a seed: in a scope, the so many-th, from 0. */
export interface Draw {
  scope: string | null;
  place: number;
}

type Seed = readonly (number | string)[];

const randomOf = (seed: Seed, scope: string | null): Random =>
  new Random("dropout", ...seed, ...(scope === null ? [] : [scope]));

/** The seed that a pass of this seed draws there. */
export function seedAt(seed: Seed, { scope, place }: Draw): number {
  const random = randomOf(seed, scope);
  for (let i = 0; i < place; i++) random.uint32();
  return random.uint32();
}

/**
 * One forward through a model and, where it is recorded, the backward.
 *
 * An op computes its output, then `record`s its backward. Only ops with a tracked input or a trainable parameter are recorded, and each
 * saves nothing but what its own backward reads; so whatever lies wholly below the frost line costs neither memory nor time. Saved
 * tensors and gradients are freed as backward passes them.
 *
 * tfjs's own tape records every kernel and keeps all that it saved until backward ends, trainable or not; hence this one.
 */
export class Pass {
  /** Whether dropout fires. */
  training: boolean;
  /** Whether several ops may run as one kernel. */
  readonly fuses: boolean = true;
  /**
   * What training makes of running statistics: they move by a norm's momentum, become the mean of the batches that they have seen, or
   * stay.
   */
  readonly statistics: "moving" | "cumulative" | "kept";
  /** Whether stages are to be `checkpointed`. */
  readonly checkpointing: boolean;
  /** Whether of what is being computed the first row of each text alone will be read. */
  firstRows = false;
  #recording: boolean;
  #seed: (number | string)[];
  #random: Random | null = null;
  #scope: string | null = null;
  #drawn = 0;
  /** Where each seed came from that was drawn; null for one that came up twice. */
  readonly draws = new Map<number, Draw | null>();
  #steps: (Step | Checkpoint)[] = [];
  /** Off while a part goes forward that will be computed again. */
  #keeping = true;
  #recomputing = false;
  #owned: { dispose(): void }[] = [];
  #made = new Map<Value, Value>();

  /** `seed` starts the dropout draws of this pass: the same seed, the same masks. */
  constructor(
    options: {
      training?: boolean;
      recording?: boolean;
      checkpointing?: boolean;
      statistics?: "moving" | "cumulative" | "kept";
      seed?: (number | string)[];
    } = {},
  ) {
    this.training = options.training ?? false;
    this.checkpointing = options.checkpointing ?? false;
    this.statistics = options.statistics ?? "moving";
    this.#recording = options.recording ?? false;
    this.#seed = options.seed ?? [0];
  }

  /** Runs a part of the model in a memory scope of its own; its dropout draws depend on its name, not on what ran before. */
  scope(name: string, part: () => Value): Value {
    this.#begin(name);
    let value: Value;
    const before = this.#made;
    this.#made = new Map();
    try {
      inStage(name, () =>
        tf.tidy(() => {
          value = part();
          return value.tensor;
        }),
      );
    } finally {
      this.#made = before;
    }
    return value!;
  }

  /** What several ops of a scope read of a value, made once. */
  once(x: Value, make: () => Value): Value {
    const made = this.#made.get(x) ?? make();
    this.#made.set(x, made);
    return made;
  }

  /**
   * The same, keeping nothing but the part's input, where it is recorded: `backward` computes the part again, with the same dropout
   * draws (gradient checkpointing, Chen et al. 2016), and gives the gradients that it would give after `scope`, bit for bit. What the
   * part reads besides, such as a mask, has to live until then.
   */
  checkpointed(name: string, input: Value | null, part: () => Value): Value {
    const output = this.#whileKeeping(!this.#recording, () => this.scope(name, part));
    // What lies between input and output is given back now.
    computeNow();
    if (!output.tracked) return output;
    const saved = input ? [tf.keep(input.tensor.clone())] : [];
    const recompute = () => {
      if (input) input.tensor = saved[0];
      return this.scope(name, part);
    };
    this.#steps.push({ output, saved, recompute });
    return output;
  }

  /** Makes what several parts read, such as a table. It is recorded once, where the first of them asks for it, checkpointed or not. */
  shared<Result>(make: () => Result): Result {
    return this.#whileKeeping(true, make);
  }

  /** Whether a part is computed for the second time, so that whatever it changes beside its output has been changed already. */
  get recomputing(): boolean {
    return this.#recomputing;
  }

  /** Runs a part of the model of whose output the first row of each text alone will be read, or all: ops may leave out the others. */
  reading(firstRows: boolean, part: () => Value): Value {
    const before = this.firstRows;
    this.firstRows = firstRows;
    try {
      return part();
    } finally {
      this.firstRows = before;
    }
  }

  /** Takes something that is to live as long as the pass. */
  own(owned: { dispose(): void }): void {
    this.#owned.push(owned);
  }

  /** A tensor as a value that wants no gradient. */
  input(tensor: tf.Tensor): Value {
    return new Value(tensor, false);
  }

  /** Says how a tensor that a stage makes of its inputs, such as positions, follows from them; gives it back. */
  derived<Output extends tf.Tensor, In extends Inputs, Op extends OpName>(
    described: Described<In, Op> & Told<In, Op> & { output: Output },
  ): Output {
    return described.output;
  }

  /** A whole number to seed one dropout mask with. */
  drawSeed(): number {
    if (!this.#random) this.#begin(null);
    const seed = this.#random!.uint32();
    const draw = { scope: this.#scope, place: this.#drawn++ };
    const before = this.draws.get(seed);
    // A segment that is computed again draws its seeds again.
    const isAnother = before !== undefined && !(before?.scope === draw.scope && before.place === draw.place);
    this.draws.set(seed, isAnother ? null : draw);
    return seed;
  }

  #begin(scope: string | null): void {
    this.#random = randomOf(this.#seed, scope);
    this.#scope = scope;
    this.#drawn = 0;
  }

  /** What a dropout of this rate drops, or `null` where the pass does not train. */
  drawDropout(rate: number): Dropout | null {
    return this.training && rate > 0 ? { rate, seed: this.drawSeed() } : null;
  }

  /** Whether a gradient with regard to this source will be asked for. */
  tracks(source: Source): boolean {
    return this.#recording && (source instanceof Parameter ? source.requiresGrad : source.tracked);
  }

  /** Makes an op's output a value, and records its backward where a gradient will be asked for. */
  record<In extends Inputs, Saved extends Tensors, Op extends OpName = never>(
    recorded: Recorded<In, Saved, Op> & Told<In, Op>,
  ): Value {
    const { output, inputs, saved, backward } = recorded;
    const sources = new Map<string, Source>();
    const wanted: Record<string, boolean> = {};
    for (const [name, input] of Object.entries(inputs)) {
      const source = input && !(input instanceof tf.Tensor) ? input : null;
      if (source) sources.set(name, source);
      wanted[name] = source !== null && this.tracks(source);
    }
    const value = new Value(output, Object.values(wanted).includes(true));
    if (!value.tracked || !this.#keeping) return value;
    const kept = Object.entries(saved?.(wanted as Wanted<In>) ?? {}).flatMap(([name, tensor]) =>
      tensor ? [[name, tf.keep(tensor.clone())] as const] : [],
    );
    const stage = stageName();
    this.#steps.push({
      output: value,
      stage: stage && `backward of ${stage}`,
      sources,
      saved: kept.map(([, tensor]) => tensor),
      backward: (dy, gathered) =>
        backward(
          dy,
          Object.fromEntries(kept) as Saved,
          wanted as Wanted<In>,
          gathered as (input: keyof In) => tf.Tensor | null,
        ),
    });
    return value;
  }

  /** Gradients of `loss` (a scalar), times `scale`, for every trainable parameter it depends on. The caller owns them. */
  backward(loss: Value, scale = 1): Map<Parameter, tf.Tensor> {
    const gradients = new Map<Source, tf.Tensor>([[loss, tf.fill(loss.tensor.shape, scale)]]);
    try {
      for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
        const dy = gradients.get(step.output);
        gradients.delete(step.output);
        try {
          if (dy && "recompute" in step) this.#recompute(step, dy, gradients);
          else if (dy) this.#runBackward(step as Step, dy, gradients);
        } finally {
          tf.dispose(step.saved);
        }
      }
    } catch (error) {
      for (const gradient of gradients.values()) gradient.dispose();
      this.dispose();
      throw error;
    }
    const parameters = new Map<Parameter, tf.Tensor>();
    for (const [source, gradient] of gradients)
      if (source instanceof Parameter) parameters.set(source, gradient);
      else gradient.dispose();
    return parameters;
  }

  /** Frees what was saved for a backward that will not come, and what the pass owns. */
  dispose(): void {
    for (const step of this.#steps) tf.dispose(step.saved);
    for (const owned of this.#owned) owned.dispose();
    this.#steps = [];
    this.#owned = [];
  }

  #whileKeeping<Result>(keeping: boolean, compute: () => Result): Result {
    const before = this.#keeping;
    this.#keeping = keeping;
    try {
      return compute();
    } finally {
      this.#keeping = before;
    }
  }

  #recompute({ recompute }: Checkpoint, dy: tf.Tensor, gradients: Map<Source, tf.Tensor>): void {
    // Of the part behind this one, nothing stays but the gradients.
    computeNow();
    this.#recomputing = true;
    try {
      const output = recompute();
      output.tensor.dispose();
      gradients.set(output, dy);
    } catch (error) {
      dy.dispose();
      throw error;
    } finally {
      this.#recomputing = false;
    }
  }

  #runBackward({ stage, sources, backward }: Step, dy: tf.Tensor, gradients: Map<Source, tf.Tensor>): void {
    let made: Tensors = {};
    const taken: tf.Tensor[] = [];
    const gathered = (name: string) => {
      const source = sources.get(name)!;
      const sum = gradients.get(source) ?? null;
      if (sum) taken.push(sum);
      gradients.delete(source);
      return sum;
    };
    const present = () => Object.values(made).filter((gradient) => gradient instanceof tf.Tensor);
    try {
      tf.tidy(() => {
        made = inStage(stage, () => backward(dy, gathered));
        return present();
      });
    } catch (error) {
      tf.dispose([dy, ...taken]);
      throw error;
    }
    tf.dispose(taken);
    for (const gradient of present()) tf.keep(gradient);
    if (!present().includes(dy)) dy.dispose();
    for (const [name, source] of sources) {
      const gradient = made[name];
      if (!gradient) continue;
      delete made[name];
      const sum = gradients.get(source);
      try {
        if (this.tracks(source)) gradients.set(source, sum ? tf.keep(tf.add(sum, gradient)) : gradient);
      } catch (error) {
        tf.dispose([gradient, ...present()]);
        throw error;
      }
      if (gradients.get(source) === gradient) continue;
      gradient.dispose();
      sum?.dispose();
    }
  }
}
