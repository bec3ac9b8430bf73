import * as tf from "@tensorflow/tfjs-core";
import type { Dropout } from "../ops/dropoutMask/dropoutMask";
import { Random } from "../random";
import type { OnnxForm, OnnxGraph } from "./OnnxGraph";
import { Parameter } from "./Parameter";

/** A tensor that the model computed; `tracked` when a gradient goes back through it. */
export class Value {
  constructor(
    /** Nobody but a pass replaces it, by its copy, where it computes a part of the model again. */
    public tensor: tf.Tensor,
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

/** A part of the model of which nothing but the input was saved: backward computes it again, and its steps take its place. */
interface Checkpoint {
  output: Value;
  saved: tf.Tensor[];
  recompute: () => Value;
}

/**
 * One forward through a model and, where it is recorded, the backward.
 *
 * An op computes its output, then `record`s how gradients return. Only ops with a tracked input or a trainable parameter are
 * recorded, and each saves nothing but what its own backward reads; so whatever lies wholly below the frost line costs neither
 * memory nor time. Saved tensors and passed gradients are freed while `backward` goes.
 *
 * tfjs's own tape records every kernel and keeps all it saved until backward ends, trainable or not; hence this one.
 */
export class Pass {
  /** Whether dropout fires. */
  training: boolean;
  /** Whether several ops may run as one kernel. */
  readonly fuses: boolean = true;
  /** Whether stages are to be `checkpointed`. */
  readonly checkpointing: boolean;
  #recording: boolean;
  #seed: (number | string)[];
  #random: Random | null = null;
  #steps: (Step | Checkpoint)[] = [];
  /** Off while a part goes forward that will be computed again. */
  #keeping = true;
  #recomputing = false;
  #owned: { dispose(): void }[] = [];

  /** `seed` starts the dropout draws of this pass: the same seed, the same masks. */
  constructor(
    options: {
      training?: boolean;
      recording?: boolean;
      checkpointing?: boolean;
      seed?: (number | string)[];
    } = {},
  ) {
    this.training = options.training ?? false;
    this.checkpointing = options.checkpointing ?? false;
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

  /**
   * The same, keeping nothing but the part's input, where it is recorded: `backward` computes the part again, with the same dropout
   * draws (gradient checkpointing, Chen et al. 2016), and gives the gradients that it would give after `scope`, bit for bit. What the
   * part reads besides, such as a mask, has to live until then.
   */
  checkpointed(name: string, input: Value | null, part: () => Value): Value {
    const output = this.#whileKeeping(!this.#recording, () => this.scope(name, part));
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

  /** Takes something that is to live as long as the pass. */
  own(owned: { dispose(): void }): void {
    this.#owned.push(owned);
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
    if (tracked && this.#keeping)
      this.#steps.push({
        output: value,
        inputs,
        saved: saved().map((tensor) => tf.keep(tensor.clone())),
        backward,
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
          else if (dy) this.#passBack(step as Step, dy, gradients);
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
