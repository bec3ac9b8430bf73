import { threadId } from "node:worker_threads";
import type { Device, Fault, Prepared, Program, Runner } from "../recorder/Program";
import { ARRAYS, type Dtype, type Numbers, type Value } from "../recorder/Value";
import type { DeviceTensor, FunctionBinding, Row } from "./FunctionBinding";
import { Given, layout } from "./Given";
import { TYPES } from "./GraphWriter";
import type { GraphEncoder } from "./graphProto";
import { typeOf } from "./lowerings";
import { type FunctionGraph, writeFunction } from "./writeFunction";

/** Runs programs as functions of TensorFlow, each in one call; what comes of them stays on the device. */
export class FunctionRunner implements Runner {
  readonly title = "TensorFlow";
  readonly device: FunctionDevice;
  readonly #encode: GraphEncoder;

  constructor(binding: FunctionBinding, deviceName: string, encode: GraphEncoder) {
    this.device = new FunctionDevice(binding, deviceName);
    this.#encode = encode;
  }

  prepare(program: Program): Prepared {
    return new PreparedProgram(program, this.device, this.#encode);
  }

  /** "indices[0] = 3 is not in [0, 3)\n\t [[{{node n12/GatherV2}}]] [Op:f3]" */
  explain({ message }: Error): Fault {
    const node = /\{\{(?:function_)?node (?:\S*\/)?n(\d+)\//.exec(message)?.[1];
    return { node: node === undefined ? null : Number(node), why: message.split("\n")[0] };
  }
}

/** Where tensors lie, and in which order they are given back. */
class FunctionDevice implements Device {
  /** How many functions were made, and removed. */
  defined = 0;
  removed = 0;
  /** What nobody holds any more: freed with the next call, since each call costs. */
  #left: DeviceTensor[] = [];

  constructor(
    readonly binding: FunctionBinding,
    readonly name: string,
  ) {}

  upload(dtype: Dtype, shape: readonly number[], numbers: Numbers): DeviceTensor {
    return this.binding.upload(TYPES[typeOf(dtype)], shape, numbers, this.name);
  }

  read(tensor: DeviceTensor, dtype: Dtype): Numbers {
    return new ARRAYS[dtype](this.binding.read(tensor));
  }

  release(tensor: DeviceTensor): void {
    this.#left.push(tensor);
  }

  free(): void {
    const left = this.#takeLeft();
    if (left.length > 0) this.binding.free(left);
  }

  #takeLeft(): DeviceTensor[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }

  /** The function's name. */
  define({ graph, inputs, outputs }: FunctionGraph, encode: GraphEncoder): string {
    // The names are the process's, whose threads have devices of their own.
    const name = `frostkit_${threadId}_${this.defined++}`;
    this.binding.define(name, graph.bytes(encode), inputs, outputs);
    return name;
  }

  remove(name: string): void {
    this.removed++;
    this.binding.remove(name);
  }

  /** What nobody holds any more is freed first. */
  call(name: string, inputs: readonly (DeviceTensor | Row)[], outputs: number): DeviceTensor[] {
    return this.binding.call(name, inputs, outputs, this.name, this.#takeLeft());
  }
}

/** A program, and the functions that it has become: one for each set of ways in which its inputs come. */
class PreparedProgram implements Prepared {
  readonly #program: Program;
  readonly #device: FunctionDevice;
  readonly #encode: GraphEncoder;
  readonly #names = new Map<string, string>();

  constructor(program: Program, device: FunctionDevice, encode: GraphEncoder) {
    this.#program = program;
    this.#device = device;
    this.#encode = encode;
  }

  run(inputs: Map<string, Value>, outputs: Map<string, Value>): void {
    const device = this.#device;
    const given = this.#program.inputs.map(({ name }) => new Given(name, inputs.get(name)!));
    const name = this.#functionOf(given);
    const alone: DeviceTensor[] = [];
    try {
      const all: (DeviceTensor | Row)[] = packed(given);
      for (const { value, way } of given) {
        const { onDevice, numbers, shape, dtype } = value.numbersOf;
        if (way === "alone") {
          alone.push(device.upload(dtype, shape, numbers!));
          all.push(alone.at(-1)!);
        } else if (onDevice) all.push(onDevice);
      }
      const made = device.call(name, all, outputs.size);
      let i = 0;
      for (const value of outputs.values()) value.onDevice = made[i++];
    } finally {
      for (const tensor of alone) device.release(tensor);
    }
  }

  #functionOf(given: readonly Given[]): string {
    const key = given.map(({ key }) => key).join(" ");
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#device.define(writeFunction(this.#program, given), this.#encode);
      this.#names.set(key, name);
    }
    return name;
  }

  dispose(): void {
    for (const name of this.#names.values()) this.#device.remove(name);
    this.#names.clear();
  }
}

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
