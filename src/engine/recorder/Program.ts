import type { OnnxAttribute } from "../onnxMessages";
import type { Dtype, Numbers, Value } from "./Value";

/** A graph between names, ready for whatever runs it. */
export interface Program {
  nodes: ProgramNode[];
  inputs: { name: string; dtype: Dtype }[];
  constants: { name: string; dtype: Dtype; shape: number[]; numbers: Numbers }[];
  outputs: { name: string; dtype: Dtype }[];
}

export interface ProgramNode {
  /** `n` and the place among all that was recorded, so that an error that tells it can be traced to where it arose. */
  name: string;
  type: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, OnnxAttribute>;
  /** What is done to each row of the inputs, where the node goes through them row by row. */
  body: ProgramBody | null;
}

export interface ProgramBody {
  nodes: { type: string; inputs: string[]; output: string }[];
  inputs: string[];
  outputs: string[];
}

/** Runs programs: ONNX Runtime, or whatever else has the operators. */
export interface Runner {
  /** As people call it. */
  readonly title: string;
  /** Where results stay; null where they are written into arrays that the recorder gives. */
  readonly device: Device | null;
  prepare(program: Program): Prepared;
  /** What an error of a run says. */
  explain(error: Error): Fault;
}

/** Keeps tensors of its own, of which JavaScript has handles. */
export interface Device {
  /** A tensor of float32. */
  zeros(shape: readonly number[]): object;
  upload(dtype: Dtype, shape: readonly number[], numbers: Numbers): object;
  read(tensor: object, dtype: Dtype): Numbers;
  /** The memory may be given back later. */
  release(tensor: object): void;
  /** Gives the memory of all that was released back now. */
  free(): void;
}

export interface Fault {
  /** The node's place among all that was recorded, where that is known. */
  node: number | null;
  why: string;
}

export interface Prepared {
  /**
   * Reads the numbers of the inputs where they lie, and writes those of the outputs into their arrays, or leaves them on the device;
   * names to values.
   */
  run(inputs: Map<string, Value>, outputs: Map<string, Value>): void;
  dispose(): void;
}
