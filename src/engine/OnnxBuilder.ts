import type { OnnxAttribute } from "./onnxMessages";

/** Whatever ONNX's operators can be written down with: by names for a file, or by values for a program that runs at once. */
export interface OnnxBuilder<Output, Input = Output> {
  /** An operator with one output. Inputs at the end may be left out. */
  op(type: string, inputs: (Input | undefined)[], attributes?: Record<string, OnnxAttribute>): Output;
  float(value: number): Output;
  int(value: number): Output;
  ints(...values: number[]): Output;
}
