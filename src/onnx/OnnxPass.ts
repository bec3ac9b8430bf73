import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { Parameter } from "../nn/Parameter";
import { type Described, Pass, type Source, Value } from "../nn/Pass";
import { FORMS } from "../ops/forms";
import { type OnnxForm, OnnxGraph } from "../ops/OnnxGraph";

/**
 * A forward through a model that also writes down what it does as an ONNX graph. An op is computed as in any pass, on inputs
 * that may be as small as one likes, and described by the form that it has in `ops/forms`.
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

  override derived<Output extends tf.Tensor>(described: Described & { output: Output }): Output {
    this.graph.give(described.output, () => this.#write(described));
    return described.output;
  }

  /** @throws InputError when the op has no ONNX form */
  override record(described: Described): Value {
    return this.#name(new Value(described.output, false), this.#write(described));
  }

  /** What a value is called in the graph. */
  nameOf(source: Source): string {
    if (source instanceof Parameter) return this.graph.parameter(source);
    const name = this.#names.get(source);
    if (name === undefined)
      throw new InputError(`${this.graph.scope} reads a value that was made without an ONNX form`);
    return name;
  }

  #write({ op, inputs, settings }: Described): string {
    if (!op) throw new InputError(`${this.graph.scope} has an operation without an ONNX form`);
    const named = Object.entries(inputs).flatMap(([name, input]) => {
      if (!input) return [];
      return [[name, input instanceof tf.Tensor ? () => this.graph.given(input) : this.nameOf(input)]];
    });
    const form: OnnxForm = FORMS[op];
    return form(this.graph, { ...settings, ...Object.fromEntries(named) });
  }

  #name(value: Value, name: string): Value {
    this.#names.set(value, name);
    return value;
  }
}
