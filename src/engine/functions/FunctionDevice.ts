import { threadId } from "node:worker_threads";
import type { Device } from "../recorder/Program";
import { ARRAYS, type Dtype, type Numbers } from "../recorder/Value";
import type { DeviceTensor, FunctionBinding, Row } from "./FunctionBinding";
import { GraphWriter, type Ref, TYPES } from "./GraphWriter";
import type { GraphEncoder } from "./graphProto";
import { typeOf } from "./lowerings";
import type { FunctionGraph } from "./writeFunction";

/** A tensor that functions write over: TensorFlow's variable, of which this is the handle. */
export class Variable {
  constructor(readonly handle: DeviceTensor) {}
}

/** What a value on the device is. */
export type Held = DeviceTensor | Variable;

const FLOAT = { dtype: { type: "float32" } } as const;

/** The name by which each call of VarHandleOp makes another variable, which goes with its last handle (tensorflow/core/framework/resource_handle.h). */
const ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/** Small functions of the device's own. */
const OWN = {
  /** A variable of a tensor, whose memory it shares until one of both is written. */
  variable(g: GraphWriter) {
    const tensor = g.input("tensor", "float32");
    const names = { container: { text: "" }, shared_name: { text: ANONYMOUS } };
    const handle = g.op("VarHandleOp", [], { ...FLOAT, ...names, shape: { shape: "unknown" } }, "resource");
    const assigned = g.act("AssignVariableOp", [handle, tensor], FLOAT);
    return outcome([tensor], g.op("Identity", [handle], { T: { type: "resource" } }, "resource", [assigned]));
  },
  content(g: GraphWriter) {
    const handle = g.input("handle", "resource");
    return outcome([handle], g.op("ReadVariableOp", [handle], FLOAT, "float32"));
  },
  zeros(g: GraphWriter) {
    const shape = g.input("shape", "int32");
    const types = { T: { type: "float32" }, index_type: { type: "int32" } } as const;
    return outcome([shape], g.op("Fill", [shape, g.float(0)], types, "float32"));
  },
} satisfies Record<string, (g: GraphWriter) => Omit<FunctionGraph, "graph">>;

const outcome = (inputs: Ref[], output: Ref) => ({
  inputs: inputs.map(({ name }) => name),
  outputs: [output.name],
});

/** Where tensors lie, and in which order they are given back. */
export class FunctionDevice implements Device {
  /** How many functions were made, and removed. */
  defined = 0;
  removed = 0;
  /** What nobody holds any more: freed with the next call, since each call costs. */
  #left: DeviceTensor[] = [];
  #own = new Map<keyof typeof OWN, string>();
  readonly #encode: GraphEncoder;

  constructor(
    readonly binding: FunctionBinding,
    readonly name: string,
    encode: GraphEncoder,
  ) {
    this.#encode = encode;
  }

  upload(dtype: Dtype, shape: readonly number[], numbers: Numbers): DeviceTensor {
    return this.binding.upload(TYPES[typeOf(dtype)], shape, numbers, this.name);
  }

  zeros(shape: readonly number[]): DeviceTensor {
    return this.#callOwn("zeros", Int32Array.from(shape));
  }

  /** Of the same numbers; each may be written without the other. */
  variable(held: Held): Variable {
    if (!(held instanceof Variable)) return new Variable(this.#callOwn("variable", held));
    const content = this.#callOwn("content", held.handle);
    const variable = new Variable(this.#callOwn("variable", content));
    this.release(content);
    return variable;
  }

  read(held: Held, dtype: Dtype): Numbers {
    if (!(held instanceof Variable)) return new ARRAYS[dtype](this.binding.read(held));
    const content = this.#callOwn("content", held.handle);
    const numbers = new ARRAYS[dtype](this.binding.read(content));
    this.release(content);
    return numbers;
  }

  release(held: Held): void {
    this.#left.push(held instanceof Variable ? held.handle : held);
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

  #callOwn(which: keyof typeof OWN, input: DeviceTensor | Row): DeviceTensor {
    let name = this.#own.get(which);
    if (name === undefined) {
      const graph = new GraphWriter();
      name = `frostkit_${threadId}_${which}`;
      this.#define(name, { graph, ...OWN[which](graph) });
      this.#own.set(which, name);
    }
    return this.call(name, [input], 1)[0];
  }

  /** The function's name. */
  define(written: FunctionGraph): string {
    // The names are the process's, whose threads have devices of their own.
    const name = `frostkit_${threadId}_${this.defined++}`;
    this.#define(name, written);
    return name;
  }

  #define(name: string, { graph, inputs, outputs }: FunctionGraph): void {
    this.binding.define(name, graph.bytes(this.#encode), inputs, outputs);
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
