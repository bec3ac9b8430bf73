import * as tf from "@tensorflow/tfjs-core";
import { refuseName, shown } from "../check";
import { FrostError, InputError } from "../errors";
import { visible } from "../freeze";
import { checkArguments } from "../options/checkArguments";
import type { Stored } from "./Stored";

let stamps = 0;

/**
 * A named tensor that training may change. `requiresGrad = false` freezes it: no gradient of it is computed, no optimizer moves it.
 * It may be made of what is stored in a file; that is read where `value` is first asked for.
 * The parameter owns its tensor; whoever reads `value` must not dispose it.
 */
export class Parameter {
  #requiresGrad = true;
  #drawn = 0;
  #content: tf.Tensor | Stored | null;
  #stamp = ++stamps;

  /** Takes ownership of `content`. */
  constructor(
    /** As in the checkpoint. */
    readonly name: string,
    content: tf.Tensor | Stored,
  ) {
    this.#content = keep(content);
  }

  /** False where it is frozen. Throws an InputError when it is set to anything but true or false. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** False freezes it. */
  set requiresGrad(requiresGrad: boolean) {
    if (typeof requiresGrad !== "boolean")
      throw new InputError(`${this.name}: requiresGrad: expected true or false, got ${shown(requiresGrad)}`);
    this.#requiresGrad = requiresGrad;
  }

  /** "drawn" as long as it holds the random values that it was drawn with, "adapter" for one of LoRA's; else it comes from a checkpoint. */
  get origin(): "drawn" | "adapter" | undefined {
    if (/\.lora_([AB]\.weight|magnitude_vector)$/.test(this.name)) return "adapter";
    return this.#drawn === this.#stamp ? "drawn" : undefined;
  }

  /** Says that the present content was drawn at random. */
  markDrawn(): void {
    this.#drawn = this.#stamp;
  }

  /** Its tensor, which stays its own; read from the checkpoint where it is first asked for. */
  get value(): tf.Tensor {
    const content = this.#present;
    if (isTensor(content)) return content;
    const value = tf.keep(content.read());
    content.dispose();
    this.#content = value;
    return value;
  }

  /** The content where it is stored, as long as nobody has read or replaced it; it stays the parameter's. */
  get stored(): Stored | null {
    return isTensor(this.#content) ? null : this.#content;
  }

  /** The values in row-major order, outside the engine. What is unread stays so. */
  async data(): Promise<Float32Array> {
    return this.stored?.data() ?? ((await this.value.data()) as Float32Array);
  }

  /** As in the checkpoint. */
  get shape(): number[] {
    return this.#present.shape;
  }

  /** Elements. */
  get size(): number {
    return tf.util.sizeFromShape(this.shape);
  }

  /** A number that stands for the present content: equal stamps, equal values. */
  get stamp(): number {
    return this.#stamp;
  }

  /** Replaces the content; takes ownership of `value` and disposes the former tensor, unless it is the same one, changed. */
  assign(value: tf.Tensor): void {
    checkArguments("parameter.assign", { value });
    this.#replace(value, ++stamps);
  }

  /** The present content, to come back to with `restore`. Costs no memory until the parameter changes, and none where it is unread. */
  snapshot(): Snapshot {
    return new Snapshot(copyOf(this.#present), this.#stamp);
  }

  /** What was unread at the snapshot is unread again. */
  restore(snapshot: Snapshot): void {
    checkArguments("parameter.restore", { snapshot });
    const { content, stamp } = snapshot;
    if (stamp !== this.#stamp || (!isTensor(content) && !this.stored)) this.#replace(copyOf(content), stamp);
  }

  /** Changes contents with another parameter of its shape; nothing is copied. */
  exchange(other: Parameter): void {
    checkArguments("parameter.exchange", { other });
    if (!tf.util.arraysEqual(other.shape, this.shape))
      throw new FrostError(
        `parameter ${this.name}: expected one of shape [${this.shape}], got [${other.shape}]`,
      );
    [this.#content, other.#content] = [other.#content, this.#content];
    [this.#stamp, other.#stamp] = [other.#stamp, this.#stamp];
  }

  /** Frees its tensor. */
  dispose(): void {
    this.#content?.dispose();
    this.#content = null;
  }

  /** What a console or a notebook says of it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const name = visible(this.name);
    if (!this.#content) return `${name}, disposed`;
    return `${name} [${this.shape.join(", ")}]${this.#requiresGrad ? "" : " frozen"}`;
  }

  get #present(): tf.Tensor | Stored {
    if (!this.#content) throw new FrostError(`parameter ${this.name} was used after its model was disposed`);
    return this.#content;
  }

  #replace(content: tf.Tensor | Stored, stamp: number): void {
    if (!tf.util.arraysEqual(content.shape, this.shape))
      throw new FrostError(`parameter ${this.name}: expected shape [${this.shape}], got [${content.shape}]`);
    if (content !== this.#content) this.#present.dispose();
    this.#content = keep(content);
    this.#stamp = stamp;
  }
}

for (const name of ["requires_grad", "trainable", "frozen"])
  refuseName(Parameter.prototype, name, "a parameter's flag is called requiresGrad");
refuseName(Parameter.prototype, "grad", "a parameter has no gradient outside a step");
const { data } = Parameter.prototype;
Object.defineProperty(Parameter.prototype, "data", {
  get: () => data,
  set: () => {
    throw new InputError("data: values are set by assign(tensor); data() gives them");
  },
});

/** A parameter's content at one moment. Whoever took it disposes it. */
export class Snapshot {
  constructor(
    readonly content: tf.Tensor | Stored,
    readonly stamp: number,
  ) {}

  dispose(): void {
    this.content.dispose();
  }
}

const isTensor = (content: tf.Tensor | Stored | null): content is tf.Tensor => content instanceof tf.Tensor;

const copyOf = (content: tf.Tensor | Stored) =>
  isTensor(content) ? tf.keep(content.clone()) : content.clone();

const keep = (content: tf.Tensor | Stored) => (isTensor(content) ? tf.keep(content) : content);
