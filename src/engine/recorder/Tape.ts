import type { Node } from "./Node";
import { ARRAYS, type Dtype, type Value } from "./Value";

const DTYPES = Object.keys(ARRAYS) as Dtype[];

/** How a number on the tape names a value: its place in one of four lists, or nothing. */
const KINDS = { output: 0, constant: 1, sizes: 2, input: 3, none: 4 } as const;
const KIND_COUNT = 5;

/** Numbers that stand for operations with their attributes, and for constants, for as long as the process lives. */
const codes = new Map<string, number>();
const codeOf = (text: string): number => {
  let code = codes.get(text);
  if (code === undefined) {
    code = codes.size;
    codes.set(text, code);
  }
  return code;
};

/** The same of operations without attributes, found without their text: by type, then by how many outputs of which type. */
const plainCodes = new Map<string, number[]>();
function plainCode(type: string, outputs: number, dtype: Dtype): number {
  let ofType = plainCodes.get(type);
  if (!ofType) {
    ofType = [];
    plainCodes.set(type, ofType);
  }
  const at = outputs * DTYPES.length + DTYPES.indexOf(dtype);
  ofType[at] ??= codeOf(`${type} ${outputs} ${dtype} `);
  return ofType[at];
}

function isEmpty(attributes: Node["attributes"]): boolean {
  for (const _ in attributes) return false;
  return true;
}

/**
 * What was recorded since the last run, and the same as a row of numbers that tells its structure: what reads what, but neither sizes
 * nor values. Equal rows are equal programs.
 */
export class Tape {
  readonly list: Node[] = [];
  /** Values that operations read and that are there, in the order of first use. */
  readonly inputs: Value[] = [];
  /** All sizes one behind the other, and where each row of them begins. */
  readonly allSizes: number[] = [];
  readonly starts: number[] = [];
  outputs = 0;
  row = new Int32Array(1024);
  length = 0;

  get nodes(): number {
    return this.list.length;
  }

  sizes(sizes: readonly number[]): number {
    this.starts.push(this.allSizes.length);
    for (const size of sizes) this.allSizes.push(size);
    return this.starts.length - 1;
  }

  input(value: Value): number {
    return this.inputs.push(value) - 1;
  }

  add(node: Node): void {
    const { type, domain, attributes, inputs, outputs, body } = node;
    this.list.push(node);
    this.outputs += outputs.length;
    const { dtype } = outputs[0];
    if (domain === "" && body === null && isEmpty(attributes))
      this.#push(plainCode(type, outputs.length, dtype));
    else {
      const text = body ? bodyText(node) : attributesText(attributes);
      this.#push(codeOf(`${domain}${type} ${outputs.length} ${dtype} ${text}`));
    }
    this.#push(inputs.length);
    for (const input of inputs) this.#push(this.reference(input));
    for (const outer of body?.outer.values() ?? []) this.#push(this.reference(outer));
  }

  /** What is wanted, and, where that matters, into which input's array, belongs to the program. */
  end(outputs: readonly Value[], replaces: boolean): void {
    for (const value of outputs) {
      this.#push(this.reference(value));
      this.#push(replaces ? this.replaced(value) + 1 : 0);
    }
  }

  /** The place of the input whose array an output may take, as far as inputs tell; -1 for none. */
  replaced({ into }: Value): number {
    const input = into && this.inputs[into.usedAt];
    return input?.numbersOf === into && into.uses === 1 ? into.usedAt : -1;
  }

  reference(value: Value | null): number {
    if (value === null) return KINDS.none;
    if (value.node) return (value.node.first + value.output) * KIND_COUNT + KINDS.output;
    if (value.constant !== null) {
      if (value.code < 0) value.code = codeOf(value.constant);
      return value.code * KIND_COUNT + KINDS.constant;
    }
    if (value.output === -1) return (value.place * 16 + value.shape[0]) * KIND_COUNT + KINDS.sizes;
    const kind = 2 * DTYPES.indexOf(value.dtype) + +value.literal;
    return (value.place * 16 + kind) * KIND_COUNT + KINDS.input;
  }

  #push(number: number): void {
    if (this.length === this.row.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.row);
      this.row = longer;
    }
    this.row[this.length++] = number;
  }
}

const attributesText = (attributes: Node["attributes"]): string => {
  let text = "";
  for (const name in attributes) {
    const value = attributes[name] as Record<string, unknown>;
    for (const kind in value) text += `${name}${kind}${value[kind]} `;
  }
  return text;
};

const bodyText = ({ body }: Node): string =>
  JSON.stringify([body!.nodes, body!.inputs, body!.outputs, [...body!.outer.keys()]]);
