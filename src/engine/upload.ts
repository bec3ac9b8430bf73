import * as tf from "@tensorflow/tfjs-core";
import { nativeKernels } from "./nativeKernels";
import { recording, staysOnDevice } from "./recorder/recording";

/**
 * A tensor whose values lie where the engine computes, now: tfjs-node would keep the array it was given until an op first reads the
 * tensor, so that a model just loaded would be in memory twice.
 */
export function upload(values: Float32Array, shape: number[]): tf.Tensor {
  const tensor = tf.tensor(values, shape);
  const backend = tf.backend() as { getInputTensorIds?: (tensors: tf.Tensor[]) => number[] };
  backend.getInputTensorIds?.([tensor]);
  recording()?.upload(tensor);
  return tensor;
}

/** Zeros that lie where the engine computes, now, and are no part of what is recorded. */
export function uploadZeros(shape: number[]): tf.Tensor {
  const graph = staysOnDevice() ? recording() : null;
  return graph ? graph.tensor(graph.recorder.zeros("float32", shape)) : tf.zeros(shape);
}

/** Whether values can be read without waiting: WebGPU gives them by a promise alone. */
export const readsAtOnce = (): boolean => tf.getBackend() !== "webgpu";

// Up to 16 MB.
const MOST = 2 ** 22;
let room: Float32Array = new Float32Array(0);

/**
 * A tensor of what `fill` puts into an array of zeros. Where that is safe the array is the same each time: a fresh one for each batch
 * would cause one garbage collection after another, while the engine waits.
 */
export function uploadFilled(shape: number[], fill: (values: Float32Array) => void): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  // A GPU may read it later than this returns.
  const again = size <= MOST && nativeKernels() !== null;
  if (again && room.length < size) room = roomFor(size);
  const values = again ? room.subarray(0, size).fill(0) : new Float32Array(size);
  fill(values);
  return again ? upload(values, shape) : tf.tensor(values, shape);
}

/** TensorFlow reads an array where it lies if it lies at a multiple of 64 bytes, and copies it otherwise: this one is always copied. */
function roomFor(size: number): Float32Array {
  const room = new Float32Array(size + 1);
  const probe = upload(room, [size + 1]);
  room[0] = 1;
  const shared = probe.dataSync()[0] === 1;
  probe.dispose();
  return shared ? new Float32Array(size + 2).subarray(1) : room;
}
