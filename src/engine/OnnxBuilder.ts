import type { OnnxAttribute } from "./onnxMessages";

/** Whatever ONNX's operators can be written down with: by names for a file, or by values for a program that runs at once. */
export interface OnnxBuilder<Output, Input = Output> {
  /** Which set of ONNX's operators there is. */
  readonly opset: number;
  /** An operator with one output. Inputs at the end may be left out. */
  op(type: string, inputs: (Input | undefined)[], attributes?: Record<string, OnnxAttribute>): Output;
  /** What lies from `start` to before `end` on one axis. */
  slice(x: Input, axis: number, start: number, end: number): Output;
  float(value: number): Output;
  int(value: number): Output;
  ints(...values: number[]): Output;
}
