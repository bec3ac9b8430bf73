import { createHash } from "node:crypto";
import type * as tf from "@tensorflow/tfjs-core";
import type { OnnxBuilder } from "../engine/OnnxBuilder";
import type { OnnxAttribute } from "../engine/onnxMessages";
import { InputError } from "../errors";

/**
 * What an op is in ONNX: adds nodes, and gives the name of its output. `inputs` has what the op has under the same names: the name in the
 * graph in place of each value and parameter, a `Given` in place of each other tensor, numbers, functions and flags as they are.
 */
// biome-ignore lint/suspicious/noExplicitAny: a table holds forms of all kinds
export type OnnxForm = (graph: OnnxGraph, inputs: any) => string;

/** The name of a tensor that is made of the model's inputs, such as a mask; its nodes are added where it is first asked for. */
export type Given = () => string;

/** A model's weight as a graph needs it. */
export interface OnnxWeight {
  readonly name: string;
  readonly shape: number[];
  readonly size: number;
  /** The values in row-major order. */
  data(): Promise<Float32Array>;
}

export type { OnnxAttribute };

/** One operation: https://onnx.ai/onnx/operators says what each type takes. */
export interface OnnxNode {
  type: string;
  inputs: string[];
  output: string;
  /** How many outputs before that one are left out. Default: 0. */
  skipped?: number;
  attributes: Record<string, OnnxAttribute>;
}

/** A number or a row of numbers that stands in the graph itself. */
export interface OnnxConstant {
  type: "int64" | "float32";
  shape: number[];
  values: number[];
}

/** One of the model's inputs; sizes that are free have names. */
export interface OnnxInput {
  type: OnnxConstant["type"];
  shape: (number | string)[];
}

const TEXTS: OnnxInput = { type: "int64", shape: ["batch_size", "sequence_length"] };

/** Sizes of a batch of texts, which change from call to call. */
const BATCH_SIZES = ["batchSize", "sequenceLength"] as const;
type BatchSize = (typeof BATCH_SIZES)[number];

const isBatchSize = (what: unknown): what is BatchSize => BATCH_SIZES.includes(what as BatchSize);

/**
 * A model as ONNX sees it: nodes between names. Sizes that change from call to call are named, never numbers: what a stage reads
 * from its inputs is `given` to the graph beforehand, with how it follows from the inputs.
 */
export class OnnxGraph implements OnnxBuilder<string> {
  /** LayerNormalization came with this one; what came later is not needed. */
  readonly opset = 17;
  readonly nodes: OnnxNode[] = [];
  /** Those of the model's inputs that are read. */
  readonly inputs = new Map<string, OnnxInput>();
  readonly parameters = new Map<string, OnnxWeight>();
  readonly constants = new Map<string, OnnxConstant>();
  /** What the names of new nodes begin with. */
  scope = "";
  #given = new Map<tf.Tensor | BatchSize, () => string>();

  /** Adds a node and gives the name of its only output, before which so many are left out. Inputs at the end may be left out. */
  op(
    type: string,
    inputs: (string | undefined)[],
    attributes: Record<string, OnnxAttribute> = {},
    skipped = 0,
  ): string {
    const output = `${this.scope}/${type}_${this.nodes.length}`;
    const read = inputs.filter((name) => name !== undefined);
    this.nodes.push({ type, inputs: read, output, ...(skipped > 0 && { skipped }), attributes });
    return output;
  }

  /** The name of one of the model's inputs: int64 of [batch_size, sequence_length], unless said otherwise. */
  input(name: string, input = TEXTS): string {
    this.inputs.set(name, input);
    return name;
  }

  /** The name of a parameter's value: its own. */
  parameter(parameter: OnnxWeight): string {
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

  floats(...values: number[]): string {
    return this.#constant({ type: "float32", shape: [values.length], values });
  }

  /** A shape for Reshape and Expand: numbers, -1 for what is left over, sizes of the batch, and names of int64s of shape [1]. */
  shape(...sizes: (number | BatchSize | string)[]): string {
    if (sizes.every((size) => typeof size === "number")) return this.ints(...sizes);
    const parts = sizes.map((size) => {
      if (typeof size === "number") return this.ints(size);
      return isBatchSize(size) ? this.given(size) : size;
    });
    return this.op("Concat", parts, { axis: { int: 0 } });
  }

  /** Size number `axis` of `x`, an int64 of shape [1]. */
  size(x: string, axis: number): string {
    return this.op("Gather", [this.op("Shape", [x]), this.ints(axis)]);
  }

  /** 0, 1, 2, … below `length`, an int64 of shape [1]: int64 of [length]. */
  count(length: string): string {
    return this.op("Range", [this.int(0), this.op("Squeeze", [length]), this.int(1)]);
  }

  /** What lies from `start` to before `end` on one axis of `x`; an end beyond the last is the last, a negative one is counted from it. */
  slice(x: string, axis: number, start: number | string, end: number | string): string {
    const [from, to] = [start, end].map((place) => (typeof place === "number" ? this.ints(place) : place));
    return this.op("Slice", [x, from, to, this.ints(axis)]);
  }

  /** Says what a tensor that stages read, or a size of the batch as an int64 of shape [1], is made of; its nodes are added on first use. */
  give(what: tf.Tensor | BatchSize, form: () => string): void {
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

  given(what: tf.Tensor | BatchSize): string {
    const form = this.#given.get(what);
    if (!form)
      throw new InputError(
        `${this.scope} reads a tensor that is made of its inputs in a way without an ONNX form`,
      );
    return form();
  }

  #constant(constant: OnnxConstant): string {
    const { type, shape, values } = constant;
    const content = values.length > 8 ? createHash("sha256").update(String(values)).digest("hex") : values;
    const name = `${type}[${shape}](${content})`;
    this.constants.set(name, constant);
    return name;
  }
}
