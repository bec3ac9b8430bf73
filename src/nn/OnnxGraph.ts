import type * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { Parameter } from "./Parameter";

/** How an op says what it does in ONNX: adds nodes, and gives the name of its output from those of its inputs. */
export type OnnxForm = (graph: OnnxGraph, inputs: string[]) => string;

export type OnnxAttribute = { int: number } | { float: number } | { ints: number[] };

/** One operation: https://onnx.ai/onnx/operators says what each type takes. */
export interface OnnxNode {
  type: string;
  inputs: string[];
  output: string;
  attributes: Record<string, OnnxAttribute>;
}

/** A number or a row of numbers that stands in the graph itself. */
export interface OnnxConstant {
  type: "int64" | "float32";
  shape: number[];
  values: number[];
}

/**
 * A model as ONNX sees it: nodes between names. Sizes that change from call to call are named, never numbers: what a stage reads
 * from its inputs is `given` to the graph beforehand, with how it follows from the inputs.
 */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  /** Those of the model's inputs that are read: int64, [batch_size, sequence_length]. */
  readonly inputs = new Set<string>();
  readonly parameters = new Map<string, Parameter>();
  readonly constants = new Map<string, OnnxConstant>();
  /** What the names of new nodes begin with. */
  scope = "";
  #given = new Map<tf.Tensor | "batchSize", () => string>();

  /** Adds a node of opset 17 and gives the name of its only output. */
  op(type: string, inputs: string[], attributes: Record<string, OnnxAttribute> = {}): string {
    const output = `${this.scope}/${type}_${this.nodes.length}`;
    this.nodes.push({ type, inputs, output, attributes });
    return output;
  }

  /** The name of one of the model's inputs. */
  input(name: string): string {
    this.inputs.add(name);
    return name;
  }

  /** The name of a parameter's value: its own. */
  parameter(parameter: Parameter): string {
    this.parameters.set(parameter.name, parameter);
    return parameter.name;
  }

  int(value: number): string {
    return this.#constant({ type: "int64", shape: [], values: [value] });
  }

  ints(...values: number[]): string {
    return this.#constant({ type: "int64", shape: [values.length], values });
  }

  float(value: number): string {
    return this.#constant({ type: "float32", shape: [], values: [value] });
  }

  /** A shape for Reshape and Expand; -1 is what is left over. */
  shape(...sizes: (number | "batchSize")[]): string {
    if (!sizes.includes("batchSize")) return this.ints(...(sizes as number[]));
    const parts = sizes.map((size) => (size === "batchSize" ? this.given(size) : this.ints(size)));
    return this.op("Concat", parts, { axis: { int: 0 } });
  }

  /** Says what a tensor that stages read, or the number of texts as an int64 of shape [1], is made of; its nodes are added on first use. */
  give(what: tf.Tensor | "batchSize", form: () => string): void {
    let name: string | undefined;
    this.#given.set(what, () => {
      if (name !== undefined) return name;
      const { scope } = this;
      this.scope = "inputs";
      name = form();
      this.scope = scope;
      return name;
    });
  }

  given(what: tf.Tensor | "batchSize"): string {
    const form = this.#given.get(what);
    if (!form)
      throw new InputError(
        `${this.scope} reads a tensor that is made of its inputs in a way without an ONNX form`,
      );
    return form();
  }

  #constant(constant: OnnxConstant): string {
    const name = `${constant.type}[${constant.shape}](${constant.values})`;
    this.constants.set(name, constant);
    return name;
  }
}
