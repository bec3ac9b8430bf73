import * as tf from "@tensorflow/tfjs-core";
import { upload } from "../engine/upload";
import { InputError } from "../errors";
import { Parameter } from "../nn/Parameter";
import type { Stored } from "../nn/Stored";
import { Random } from "../random";
import { type StoredNames, storedNames, type Wanted } from "./storedNames";

/**
 * How a parameter that the checkpoint lacks starts: normal with the config's `initializer_range`, constant, or normal with a standard
 * deviation of its own, drawn again beyond `cutoff` of them, or uniform between -bound and bound.
 */
export type Initializer = "normal" | "zeros" | "ones" | { std: number; cutoff: number } | { bound: number };

/** Where stored tensors come from: a checkpoint opened for reading. */
export interface TensorSource {
  tensors: Map<string, { shape: number[]; file: string; dtype?: string }>;
  /** A tensor, unread. The caller disposes it. */
  stored(name: string): Stored;
}

/** A parameter that the checkpoint lacked, and how it starts. */
export interface Fresh {
  parameter: Parameter;
  initializer: Initializer;
}

export interface LoaderOptions {
  /** What the encoder's parameters are called in front; none where there is no such thing. */
  prefix?: string;
  /** What the model asks for below its head; left out where there is no checkpoint. */
  encoder?: { where: string; kind: string; tensors: readonly Wanted[] };
  seed: number;
  initializerRange: number;
  /** Which parameters start anew where the checkpoint holds them in another shape. */
  mayDiffer: (name: string) => boolean;
}

/** Takes a model's parameters out of a checkpoint by name (see `storedNames`), in the order asked for, without reading them. */
export class ParameterLoader {
  readonly parameters: Parameter[] = [];
  readonly buffers: Parameter[] = [];
  readonly fresh: Fresh[] = [];
  /** What is to be told of an encoder that the checkpoint holds a part of. */
  readonly notes: string[] = [];
  #names: StoredNames;
  #taken = new Set<string>();
  #initializers = new Map<string, Initializer>();

  /** @throws InputError where none, or less than half, of an encoder's tensors are in the checkpoint */
  constructor(
    private readonly checkpoint: TensorSource,
    private readonly options: LoaderOptions,
  ) {
    const { prefix, encoder } = options;
    const { where = "checkpoint", kind = "", tensors = [] } = encoder ?? {};
    this.#names = storedNames(checkpoint.tensors, tensors, prefix, where);
    const { fitting } = this.#names;
    if (fitting === tensors.length) return;
    const share = `${fitting} of the ${tensors.length} tensors of its encoder`;
    if (2 * fitting < tensors.length)
      throw new InputError(
        `${where}: expected weights of ${kind}, as config.json says, got ${share}, by name and shape: ${described(checkpoint.tensors)}`,
      );
    this.notes.push(`the checkpoint holds ${share}; the others are drawn from the seed`);
  }

  parameter(name: string, shape: number[], initializer: Initializer): Parameter {
    this.#checkType(name);
    const stored = this.#stored(name, shape);
    return this.#made(name, initializer, stored ?? this.#drawn(name, shape, initializer), !stored);
  }

  /** The same, whatever the checkpoint holds under that name. */
  draw(name: string, shape: number[], initializer: Initializer): Parameter {
    return this.#made(name, initializer, this.#drawn(name, shape, initializer), true);
  }

  /** What is saved and loaded like a parameter, but that no gradient moves. */
  buffer(name: string, shape: number[], initializer: "zeros" | "ones"): Parameter {
    const stored = this.#stored(name, shape);
    const norm = /^(.+)\.running_(?:mean|var)$/.exec(name)?.[1];
    if (
      !stored &&
      norm !== undefined &&
      this.#names.of(name) === undefined &&
      this.#names.of(`${norm}.weight`)
    )
      throw new InputError(
        `${this.options.encoder?.where}: expected ${name} beside ${norm}.weight, got none: without its running statistics this norm computes something else; a norm over groups of channels is not supported`,
      );
    const buffer = new Parameter(name, stored ?? this.#drawn(name, shape, initializer));
    buffer.requiresGrad = false;
    this.buffers.push(buffer);
    return buffer;
  }

  dispose(): void {
    for (const parameter of [...this.parameters, ...this.buffers]) parameter.dispose();
  }

  /** Draws a parameter that the checkpoint has given anew, and by each seed from now on. */
  redraw(parameter: Parameter): void {
    const { name, shape } = parameter;
    const initializer = this.#initializers.get(name)!;
    if (this.fresh.some((each) => each.parameter === parameter)) return;
    parameter.assign(this.#drawn(name, shape, initializer));
    parameter.markDrawn();
    this.fresh.push({ parameter, initializer });
  }

  /** Frees a parameter that the model turns out to have no use for. */
  drop(parameter: Parameter): void {
    for (const list of [this.parameters, this.fresh] as (Parameter | Fresh)[][]) {
      const at = list.findIndex((each) => each === parameter || (each as Fresh).parameter === parameter);
      if (at !== -1) list.splice(at, 1);
    }
    this.#taken.delete(this.#names.of(parameter.name)!);
    parameter.dispose();
  }

  /** Names in the checkpoint that no parameter was made of, but for those to be ignored. */
  unused(ignored?: RegExp): string[] {
    return [...this.checkpoint.tensors.keys()].filter(
      (name) => !this.#taken.has(name) && !ignored?.test(name),
    );
  }

  /** Throws for whole numbers, which stand for weights by a scale that is kept elsewhere. */
  #checkType(name: string): void {
    const { dtype, file } = this.checkpoint.tensors.get(this.#names.of(name) ?? "") ?? {};
    if (dtype !== undefined && /^[IUB](?!F)/.test(dtype))
      throw new InputError(
        `${name}: expected floating-point numbers, got ${dtype} in ${file}: quantized weights are not supported`,
      );
  }

  #made(name: string, initializer: Initializer, content: tf.Tensor | Stored, fresh: boolean): Parameter {
    const parameter = new Parameter(name, content);
    this.parameters.push(parameter);
    this.#initializers.set(name, initializer);
    if (fresh) {
      parameter.markDrawn();
      this.fresh.push({ parameter, initializer });
    }
    return parameter;
  }

  /** What the checkpoint holds under that name and in that shape, or null where it is to be drawn. */
  #stored(name: string, shape: number[]): Stored | null {
    const stored = this.#names.of(name);
    const info = stored === undefined ? undefined : this.checkpoint.tensors.get(stored);
    const fits = info !== undefined && tf.util.arraysEqual(info.shape, shape);
    if (info && !fits && !this.options.mayDiffer(name))
      throw new InputError(
        `${name}: the model's config asks for shape [${shape}], ${info.file} holds [${info.shape}]; pass ignoreMismatchedSizes: true to start it anew`,
      );
    if (!fits) return null;
    this.#taken.add(stored!);
    return this.checkpoint.stored(stored!);
  }

  #drawn(name: string, shape: number[], initializer: Initializer): tf.Tensor {
    const { initializerRange, seed } = this.options;
    return upload(initialValues(name, shape, initializer, initializerRange, seed), shape);
  }
}

function described(tensors: TensorSource["tensors"]): string {
  if (tensors.size === 0) return "it holds no tensor at all";
  const names = [...tensors.keys()];
  const rest = names.length > 4 ? ` and ${names.length - 4} more` : "";
  return `it holds ${names.slice(0, 4).join(", ")}${rest}`;
}

/** As many elements a typed array of every engine may have. */
const LARGEST = 2 ** 31 - 1;

/** As Transformers' `_init_weights`; the draw depends on the seed and the parameter's name alone. */
export function initialValues(
  name: string,
  shape: number[],
  initializer: Initializer,
  initializerRange: number,
  seed: number,
): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (!(size <= LARGEST))
    throw new InputError(
      `${name}: expected at most ${LARGEST} values, got the shape [${shape}]; ask for a smaller model or fewer labels`,
    );
  const values = new Float32Array(size);
  if (initializer === "ones") values.fill(1);
  const random = new Random(seed, "initial", name);
  if (typeof initializer === "object" && "bound" in initializer)
    return values.map(() => (2 * random.uniform() - 1) * initializer.bound);
  if (initializer === "normal" || typeof initializer === "object") {
    const { std, cutoff } =
      initializer === "normal" ? { std: initializerRange, cutoff: Number.POSITIVE_INFINITY } : initializer;
    for (let i = 0; i < values.length; i++) {
      let draw = random.normal();
      while (Math.abs(draw) > cutoff) draw = random.normal();
      values[i] = std * draw;
    }
  }
  return values;
}
