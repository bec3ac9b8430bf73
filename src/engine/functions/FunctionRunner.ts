import type { Node } from "../recorder/Node";
import type { Fault, Prepared, Program, Runner } from "../recorder/Program";
import type { Value } from "../recorder/Value";
import type { DeviceTensor, FunctionBinding, Row } from "./FunctionBinding";
import { FunctionDevice, Variable } from "./FunctionDevice";
import { Given, layout } from "./Given";
import type { GraphEncoder } from "./graphProto";
import { isUpdate, writeFunction } from "./writeFunction";

/** Runs programs as functions of TensorFlow, each in one call; what comes of them stays on the device. */
export class FunctionRunner implements Runner {
  readonly title = "TensorFlow";
  readonly device: FunctionDevice;

  constructor(binding: FunctionBinding, deviceName: string, encode: GraphEncoder) {
    this.device = new FunctionDevice(binding, deviceName, encode);
  }

  prepare(program: Program): Prepared {
    return new PreparedProgram(program, this.device);
  }

  /** "indices[0] = 3 is not in [0, 3)\n\t [[{{node n12/GatherV2}}]] [Op:f3]" */
  explain({ message }: Error): Fault {
    const node = /\{\{(?:function_)?node (?:\S*\/)?n(\d+)\//.exec(message)?.[1];
    return { node: node === undefined ? null : Number(node), why: message.split("\n")[0] };
  }
}

/** A program, and the functions that it has become: one for each set of ways in which its inputs come. */
class PreparedProgram implements Prepared {
  readonly #program: Program;
  readonly #device: FunctionDevice;
  readonly #names = new Map<string, string>();

  constructor(program: Program, device: FunctionDevice) {
    this.#program = program;
    this.#device = device;
  }

  run(inputs: Map<string, Value>, outputs: Map<string, Value>): void {
    const device = this.#device;
    const values = [...outputs.values()];
    const updates = new Updates(values, device);
    const alone: DeviceTensor[] = [];
    try {
      const given = this.#program.inputs.map(({ name }) => {
        const value = inputs.get(name)!;
        return new Given(name, value, updates.variableOf(value.numbersOf) ?? value.numbersOf.onDevice);
      });
      const name = this.#functionOf(given);
      const all: (DeviceTensor | Row)[] = packed(given);
      for (const { value, way, tensor } of given) {
        const { numbers, shape, dtype } = value.numbersOf;
        if (way === "alone") {
          alone.push(device.upload(dtype, shape, numbers!));
          all.push(alone.at(-1)!);
        } else if (tensor) all.push(tensor);
      }
      const made = values.filter((value) => !updates.has(value));
      const tensors = device.call(name, all, made.length + +updates.any);
      made.forEach((value, i) => {
        value.onDevice = tensors[i];
      });
      if (updates.any) device.release(tensors[made.length]);
      updates.settle();
    } finally {
      updates.release();
      for (const tensor of alone) device.release(tensor);
    }
  }

  #functionOf(given: readonly Given[]): string {
    const key = given.map(({ key }) => key).join(" ");
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#device.define(writeFunction(this.#program, given));
      this.#names.set(key, name);
    }
    return name;
  }

  dispose(): void {
    for (const name of this.#names.values()) this.#device.remove(name);
    this.#names.clear();
  }
}

/** What a run writes over: the state of its updates, each a variable. */
class Updates {
  readonly #device: FunctionDevice;
  readonly #nodes: Set<Node>;
  /** By the value before it: of one that others hold a variable of its own. */
  #own = new Map<Value, Variable>();

  constructor(outputs: readonly Value[], device: FunctionDevice) {
    this.#device = device;
    this.#nodes = new Set(outputs.map(({ node }) => node!).filter(isUpdate));
    for (const { inputs, outputs } of this.#nodes)
      for (const [i, after] of outputs.entries()) this.#prepare(inputs[i]!.numbersOf, after);
  }

  #prepare(before: Value, after: Value): void {
    const { onDevice } = before;
    if (!isReplacing(after, before)) this.#own.set(before, this.#device.variable(onDevice!));
    else if (!(onDevice instanceof Variable)) {
      before.onDevice = this.#device.variable(onDevice!);
      this.#device.release(onDevice!);
    }
  }

  get any(): boolean {
    return this.#nodes.size > 0;
  }

  has({ node }: Value): boolean {
    return this.#nodes.has(node!);
  }

  variableOf(before: Value): Variable | undefined {
    return this.#own.get(before);
  }

  /** What was before is no more, or stays beside what came of it. */
  settle(): void {
    for (const { inputs, outputs } of this.#nodes)
      for (const [i, after] of outputs.entries()) {
        const before = inputs[i]!.numbersOf;
        const own = this.#own.get(before);
        // Nobody wants some of what an update gives.
        if (after.refs === 0) continue;
        after.onDevice = own ?? before.onDevice;
        if (own) this.#own.delete(before);
        else before.onDevice = null;
      }
  }

  /** Gives up what has not become a value. */
  release(): void {
    for (const variable of this.#own.values()) this.#device.release(variable);
    this.#own.clear();
  }
}

const isReplacing = (after: Value, before: Value): boolean => after.into === before && before.refs === 0;

/** The arrays that inputs from JavaScript go in as: of whole numbers, and of numbers of whatever kind. */
function packed(given: readonly Given[]): Row[] {
  const { row, lengths, shapes } = layout(given);
  const sizes = row ? Array.from(row.value.numbers as BigInt64Array, Number) : [];
  for (const { value } of lengths) sizes.push(value.size);
  for (const { value } of shapes) sizes.push(...value.shape);
  const made: Row[] = sizes.length > 0 ? [Int32Array.from(sizes)] : [];
  if (lengths.length > 0) {
    const all = new Uint8Array(BYTES * lengths.reduce((sum, { value }) => sum + value.size, 0));
    let at = 0;
    for (const { value } of lengths) {
      const { buffer, byteOffset, byteLength } = value.numbersOf.numbers!;
      all.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += byteLength;
    }
    made.push(new Float32Array(all.buffer));
  }
  return made;
}

const BYTES = 4;
