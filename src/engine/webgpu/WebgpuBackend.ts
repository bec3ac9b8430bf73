import type * as tf from "@tensorflow/tfjs-core";

/** What of tfjs's WebGPU backend, and of WebGPU's device, is used here. */
export interface WebgpuBackend {
  device: {
    limits: { maxStorageBuffersPerShaderStage: number };
    /** Settles when the device is no more: removed, hung or destroyed. */
    lost: Promise<{ reason: string; message: string }>;
    addEventListener(type: "uncapturederror", listener: (event: UncapturedError) => void): void;
  };
  /** Products with fewer groups of threads than this leave the device idle, so that tfjs computes them in other ways. */
  thresholdToIncreaseWorkgroups: number;
  /** Runs a program over tensors, its numbers for it in `uniforms`, and gives back `output`, into which it wrote. */
  runWebGPUProgram(
    program: WebgpuProgram,
    inputs: tf.TensorInfo[],
    dtype: tf.DataType,
    uniforms: { type: string; data: number[] }[],
    output: tf.TensorInfo,
  ): tf.TensorInfo;
  read(id: tf.DataId): Promise<ArrayLike<number>>;
  disposeData(id: tf.DataId): void;
}

/** What a device reports where a call asked for what it cannot do, or for more memory than there is. */
export interface UncapturedError {
  error: { message: string };
  /** Says that it is taken care of, so that it is not written to the console. */
  preventDefault(): void;
}

/** A program in WGSL as tfjs wants it: it declares the tensors by `variableNames`, and `main` with the index of a thread is called. */
export interface WebgpuProgram {
  variableNames: string[];
  uniforms: string;
  outputShape: number[];
  workgroupSize: [number, number, number];
  /** Which dimensions of the output threads are dealt over. */
  dispatchLayout: { x: number[] };
  /** How many groups of threads run. */
  dispatch: [number, number, number];
  /** Programs of one key are compiled once. */
  shaderKey: string;
  getUserCode(): string;
}
