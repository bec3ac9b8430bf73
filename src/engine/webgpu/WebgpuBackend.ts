import type * as tf from "@tensorflow/tfjs-core";

/** What of tfjs's WebGPU backend, and of WebGPU's device, is used here. */
export interface WebgpuBackend {
  device: {
    limits: { maxStorageBuffersPerShaderStage: number };
    /** Settles when the device is no more: removed, hung or destroyed. */
    lost: Promise<{ reason: string; message: string }>;
    addEventListener(type: "uncapturederror", listener: (event: UncapturedError) => void): void;
  };
  read(id: tf.DataId): Promise<ArrayLike<number>>;
  disposeData(id: tf.DataId): void;
}

/** What a device reports where a call asked for what it cannot do, or for more memory than there is. */
export interface UncapturedError {
  error: { message: string };
  /** Says that it is taken care of, so that it is not written to the console. */
  preventDefault(): void;
}
