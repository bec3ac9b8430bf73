import * as tf from "@tensorflow/tfjs-core";
import type { Dropout } from "../engine/dropoutMask";
import { Random } from "../random";
import type { OnnxForm, OnnxGraph } from "./OnnxGraph";
import { Parameter } from "./Parameter";

/** A tensor on its way through the model; `tracked` when a gradient has to come back through it. */
export class Value {
  constructor(
    readonly tensor: tf.Tensor,
    readonly tracked: boolean,
  ) {}
}

/** What an op depends on: earlier values and parameters. */
export type Source = Value | Parameter;

/**
 * From the gradient of an op's output to those of its inputs, in their order; `null` where none is wanted. `gathered(i)` gives what
 * other ops have passed back to input i so far, or `null`; whoever asks for it has to add it to what it returns.
 */
export type Backward = (
  dy: tf.Tensor,
  saved: tf.Tensor[],
  gathered: (input: number) => tf.Tensor | null,
) => (tf.Tensor | null)[];

interface Step {
  output: Value;
  inputs: Source[];
  saved: tf.Tensor[];
  backward: Backward;
}

/**
 * One way forward through a model and, where it is recorded, the way back.
 *
 * An op computes its output, then `record`s how gradients return. Only ops with a tracked input or a trainable parameter are
 * recorded, and each keeps nothing but what its own backward reads; so whatever lies wholly below the frost line costs neither
 * memory nor time. Saved tensors and passed gradients are freed while `backward` goes.
 *
 * tfjs's own tape records every kernel and keeps all it saved until backward ends, trainable or not; hence this one.
 */
export class Pass {
  /** Whether dropout fires. */
  training: boolean;
  #recording: boolean;
  #seed: (number | string)[];
  #random: Random | null = null;
  #steps: Step[] = [];

  /** `seed` starts the dropout draws of this pass: the same seed, the same masks. */
  constructor(options: { training?: boolean; recording?: boolean; seed?: (number | string)[] } = {}) {
    this.training = options.training ?? false;
    this.#recording = options.recording ?? false;
    this.#seed = options.seed ?? [0];
  }

  /** Runs a part of the model in a memory scope of its own; its dropout draws depend on its name, not on what ran before. */
  scope(name: string, part: () => Value): Value {
    this.#random = new Random("dropout", ...this.#seed, name);
    let value: Value;
    tf.tidy(() => {
      value = part();
      return value.tensor;
    });
    return value!;
  }

  /** A tensor that no gradient goes back through. */
  input(tensor: tf.Tensor): Value {
    return new Value(tensor, false);
  }

  /** A tensor that a stage makes of its inputs, such as positions, and its ONNX form, which `OnnxPass` alone reads. */
  derived<T extends tf.Tensor>(tensor: T, _onnx: (graph: OnnxGraph) => string): T {
    return tensor;
  }

  /** A whole number to seed one dropout mask with. */
  drawSeed(): number {
    this.#random ??= new Random("dropout", ...this.#seed);
    return this.#random.uint32();
  }

  /** What a dropout of this rate drops, or `null` where the pass does not train. */
  drawDropout(rate: number): Dropout | null {
    return this.training && rate > 0 ? { rate, seed: this.drawSeed() } : null;
  }

  /** Whether a gradient with regard to this source will be asked for. */
  tracks(source: Source): boolean {
    return this.#recording && (source instanceof Parameter ? source.requiresGrad : source.tracked);
  }

  /**
   * Makes an op's output a value. `saved` is called only when the op is recorded, and gives what `backward` will read. The ONNX
   * form is read by `OnnxPass` alone.
   */
  record(
    output: tf.Tensor,
    inputs: Source[],
    saved: () => tf.Tensor[],
    backward: Backward,
    _onnx?: OnnxForm,
  ): Value {
    const tracked = inputs.some((input) => this.tracks(input));
    const value = new Value(output, tracked);
    if (tracked)
      this.#steps.push({
        output: value,
        inputs,
        saved: saved().map((tensor) => tf.keep(tensor.clone())),
        backward,
      });
    return value;
  }

  /** Gradients of `loss` (a scalar) for every trainable parameter it depends on. The caller owns them. */
  backward(loss: Value): Map<Parameter, tf.Tensor> {
    const gradients = new Map<Source, tf.Tensor>([[loss, tf.onesLike(loss.tensor)]]);
    try {
      for (let step = this.#steps.at(-1); step; step = this.#steps.at(-1)) {
        const dy = gradients.get(step.output);
        gradients.delete(step.output);
        if (dy) this.#passBack(step, dy, gradients);
        for (const tensor of step.saved) tensor.dispose();
        this.#steps.pop();
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

  /** Frees what was saved for a backward that will not come. */
  dispose(): void {
    for (const step of this.#steps) for (const tensor of step.saved) tensor.dispose();
    this.#steps = [];
  }

  #passBack(step: Step, dy: tf.Tensor, gradients: Map<Source, tf.Tensor>): void {
    let parts: (tf.Tensor | null)[] = [];
    const taken: tf.Tensor[] = [];
    const gathered = (input: number) => {
      const sum = gradients.get(step.inputs[input]) ?? null;
      if (sum) taken.push(sum);
      gradients.delete(step.inputs[input]);
      return sum;
    };
    try {
      tf.tidy(() => {
        parts = step.backward(dy, step.saved, gathered);
        return parts.filter((part) => part !== null);
      });
    } catch (error) {
      tf.dispose([dy, ...taken]);
      throw error;
    }
    tf.dispose(taken);
    for (const part of parts) if (part) tf.keep(part);
    if (!parts.includes(dy)) dy.dispose();
    step.inputs.forEach((input, i) => {
      const part = parts[i];
      if (!part) return;
      if (!this.tracks(input)) {
        part.dispose();
        return;
      }
      const sum = gradients.get(input);
      gradients.set(input, sum ? tf.keep(tf.add(sum, part)) : part);
      if (sum) {
        sum.dispose();
        part.dispose();
      }
    });
  }
}
