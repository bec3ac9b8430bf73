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
  readonly #updates: readonly Update[];

  constructor(program: Program, device: FunctionDevice) {
    this.#program = program;
    this.#device = device;
    this.#updates = program.nodes
      .filter(isUpdate)
      .flatMap(({ inputs, outputs }) => outputs.map((after, i) => ({ before: inputs[i], after })));
  }

  run(inputs: Map<string, Value>, outputs: Map<string, Value>): void {
    const device = this.#device;
    const updated = new Updated(this.#updates, inputs, outputs, device);
    const alone: DeviceTensor[] = [];
    try {
      const given = this.#program.inputs.map(({ name }) => {
        const value = inputs.get(name)!;
        return new Given(name, value, updated.variableOf(value.numbersOf) ?? value.numbersOf.onDevice);
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
      const made = [...outputs.values()].filter((value) => !updated.has(value));
      const tensors = device.call(name, all, made.length + +updated.any);
      made.forEach((value, i) => {
        value.onDevice = tensors[i];
      });
      if (updated.any) device.release(tensors[made.length]);
      updated.settle();
    } finally {
      updated.release();
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

/** A part of the state that an update writes over: the names of what it was and of what comes of it. */
interface Update {
  before: string;
  after: string;
}

/** What a run writes over: the state of its updates, each a variable. */
class Updated {
  readonly #device: FunctionDevice;
  /** What was before, by what comes of it; null where nobody wants that. */
  readonly #pairs: readonly { before: Value; after: Value | null }[];
  readonly #after: ReadonlySet<Value>;
  /** By the value before it: of one that others hold a variable of its own. */
  #own = new Map<Value, Variable>();

  constructor(
    updates: readonly Update[],
    inputs: Map<string, Value>,
    outputs: Map<string, Value>,
    device: FunctionDevice,
  ) {
    this.#device = device;
    this.#pairs = updates.map(({ before, after }) => ({
      before: inputs.get(before)!.numbersOf,
      after: outputs.get(after) ?? null,
    }));
    this.#after = new Set(this.#pairs.flatMap(({ after }) => after ?? []));
    for (const { before, after } of this.#pairs) this.#prepare(before, after);
  }

  #prepare(before: Value, after: Value | null): void {
    const { onDevice } = before;
    if (!after || !isReplacing(after, before)) this.#own.set(before, this.#device.variable(onDevice!));
    else if (!(onDevice instanceof Variable)) {
      before.onDevice = this.#device.variable(onDevice!);
      this.#device.release(onDevice!);
    }
  }

  get any(): boolean {
    return this.#pairs.length > 0;
  }

  has(value: Value): boolean {
    return this.#after.has(value);
  }

  variableOf(before: Value): Variable | undefined {
    return this.#own.get(before);
  }

  /** What was before is no more, or stays beside what came of it. */
  settle(): void {
    for (const { before, after } of this.#pairs) {
      if (!after) continue;
      const own = this.#own.get(before);
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
