import type { GraphEncoder } from "./graphProto";

/** Types of tensors, by their numbers in tensorflow/core/framework/types.proto. */
export const TYPES = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
  uint32: 22,
} as const;
export type Type = keyof typeof TYPES;

/** A tensor in a graph: what made it, as other nodes name it, and its type. */
export interface Ref {
  name: string;
  type: Type;
}

export type Attribute =
  | { type: Type }
  | { int: number }
  | { float: number }
  | { bool: boolean }
  | { text: string }
  | { ints: readonly number[] }
  | { shape: "unknown" };

/** A graph of TensorFlow's operations, written node by node. */
export class GraphWriter {
  readonly #nodes: object[] = [];
  readonly #names = new Map<string, number>();
  /** What the names of nodes begin with from now on, so that an error that tells one can be traced. */
  stem = "";

  /** A tensor that is given when the graph runs. */
  input(name: string, type: Type): Ref {
    const attr = { dtype: { type: TYPES[type] }, shape: UNKNOWN_SHAPE };
    this.#nodes.push({ name, op: "Placeholder", input: [], attr });
    return { name: `${name}:0`, type };
  }

  constant(type: Type, shape: readonly number[], numbers: ArrayBufferView): Ref {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    const tensor = {
      dtype: TYPES[type],
      tensorShape: { dim: shape.map((size) => ({ size })) },
      tensorContent: bytes.slice(),
    };
    const name = this.#nameOf("Const");
    this.#nodes.push({
      name,
      op: "Const",
      input: [],
      attr: { dtype: { type: TYPES[type] }, value: { tensor } },
    });
    return { name: `${name}:0`, type };
  }

  /** A row of whole numbers, or a single one. */
  ints(numbers: readonly number[] | number): Ref {
    const list = typeof numbers === "number" ? [numbers] : numbers;
    return this.constant("int32", typeof numbers === "number" ? [] : [list.length], Int32Array.from(list));
  }

  float(number: number): Ref {
    return this.constant("float32", [], Float32Array.of(number));
  }

  /** An operation with one output. What is to run before it, though it reads nothing of it, comes last. */
  op(
    type: string,
    inputs: readonly Ref[],
    attributes: Record<string, Attribute>,
    output: Type,
    after: readonly string[] = [],
  ): Ref {
    const name = this.#add(type, inputs, attributes, after);
    return { name: `${name}:0`, type: output };
  }

  several(
    type: string,
    inputs: readonly Ref[],
    attributes: Record<string, Attribute>,
    outputs: readonly Type[],
  ): Ref[] {
    const name = this.#add(type, inputs, attributes, []);
    return outputs.map((type, i) => ({ name: `${name}:${i}`, type }));
  }

  /** One that gives nothing: its name, for what is to run after it. */
  act(
    type: string,
    inputs: readonly Ref[],
    attributes: Record<string, Attribute>,
    after: readonly string[] = [],
  ): string {
    return this.#add(type, inputs, attributes, after);
  }

  #add(
    type: string,
    inputs: readonly Ref[],
    attributes: Record<string, Attribute>,
    after: readonly string[],
  ): string {
    const name = this.#nameOf(type);
    const attr = Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, attributeMessage(value)]),
    );
    const input = [...inputs.map(({ name }) => name), ...after.map((name) => `^${name}`)];
    this.#nodes.push({ name, op: type, input, attr });
    return name;
  }

  #nameOf(type: string): string {
    const name = this.stem ? `${this.stem}/${type}` : type;
    const count = this.#names.get(name) ?? 0;
    this.#names.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }

  bytes(encode: GraphEncoder): Uint8Array {
    return encode({ node: this.#nodes, versions: { producer: PRODUCER } });
  }
}

/** The version of graphs that is written, told from which on TensorFlow reads them in one way: that of TensorFlow 2.0. */
const PRODUCER = 119;

const UNKNOWN_SHAPE = { shape: { unknownRank: true } };

/** The node of a tensor, for what is to run after it. */
export const nodeOf = ({ name }: Ref): string => name.slice(0, name.lastIndexOf(":"));

function attributeMessage(value: Attribute): object {
  if ("type" in value) return { type: TYPES[value.type] };
  if ("int" in value) return { i: value.int };
  if ("float" in value) return { f: value.float };
  if ("bool" in value) return { b: value.bool };
  if ("text" in value) return { s: Buffer.from(value.text) };
  if ("shape" in value) return UNKNOWN_SHAPE;
  return { list: { i: value.ints } };
}
