import type * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type OnnxForm, OnnxGraph } from "./OnnxGraph";
import { Parameter } from "./Parameter";
import { type Backward, Pass, type Source, Value } from "./Pass";

/**
 * A forward through a model that also writes down what it does as an ONNX graph. An op is computed as in any pass, on inputs
 * that may be as small as one likes, and described by the form it records.
 */
export class OnnxPass extends Pass {
  /** Each op is to be written down. */
  override readonly fuses = false;
  readonly graph = new OnnxGraph();
  #names = new Map<Value, string>();

  override scope(name: string, part: () => Value): Value {
    this.graph.scope = name;
    return super.scope(name, part);
  }

  override input(tensor: tf.Tensor): Value {
    return this.#name(new Value(tensor, false), this.graph.given(tensor));
  }

  override derived<T extends tf.Tensor>(tensor: T, onnx: (graph: OnnxGraph) => string): T {
    this.graph.give(tensor, () => onnx(this.graph));
    return tensor;
  }

  /** @throws InputError when the op has no ONNX form */
  override record(
    output: tf.Tensor,
    inputs: Source[],
    _saved: () => tf.Tensor[],
    _backward: Backward,
    onnx?: OnnxForm,
  ): Value {
    if (!onnx) throw new InputError(`${this.graph.scope} has an operation without an ONNX form`);
    const names = inputs.map((input) => this.nameOf(input));
    return this.#name(new Value(output, false), onnx(this.graph, names));
  }

  /** What a value is called in the graph. */
  nameOf(source: Source): string {
    if (source instanceof Parameter) return this.graph.parameter(source);
    const name = this.#names.get(source);
    if (name === undefined)
      throw new InputError(`${this.graph.scope} reads a value that was made without an ONNX form`);
    return name;
  }

  #name(value: Value, name: string): Value {
    this.#names.set(value, name);
    return value;
  }
}
