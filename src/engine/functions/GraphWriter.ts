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
  | { ints: readonly number[] };

/** A graph of TensorFlow's operations, written node by node. */
export class GraphWriter {
  readonly #nodes: object[] = [];
  readonly #names = new Map<string, number>();
  /** What the names of nodes begin with from now on, so that an error that tells one can be traced. */
  stem = "";

  /** A tensor that is given when the graph runs. */
  input(name: string, type: Type): Ref {
    const attr = { dtype: { type: TYPES[type] }, shape: { shape: { unknownRank: true } } };
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

  /** An operation with one output. */
  op(type: string, inputs: readonly Ref[], attributes: Record<string, Attribute>, output: Type): Ref {
    return this.several(type, inputs, attributes, [output])[0];
  }

  several(
    type: string,
    inputs: readonly Ref[],
    attributes: Record<string, Attribute>,
    outputs: readonly Type[],
  ): Ref[] {
    const name = this.#nameOf(type);
    const attr = Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, attributeMessage(value)]),
    );
    this.#nodes.push({ name, op: type, input: inputs.map(({ name }) => name), attr });
    return outputs.map((type, i) => ({ name: `${name}:${i}`, type }));
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

function attributeMessage(value: Attribute): object {
  if ("type" in value) return { type: TYPES[value.type] };
  if ("int" in value) return { i: value.int };
  if ("float" in value) return { f: value.float };
  if ("bool" in value) return { b: value.bool };
  if ("text" in value) return { s: Buffer.from(value.text) };
  return { list: { i: value.ints } };
}
