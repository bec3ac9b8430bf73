import * as tf from "@tensorflow/tfjs-core";

interface WasmBackend {
  makeOutput(shape: number[], dtype: "float32"): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
}

/**
 * Makes a float32 tensor on the wasm backend by a loop of our own that reads and writes the heap in place: one pass where tfjs's
 * kernels would take several. `loop` gets the output's values, all zero, then the inputs', and must not allocate tensors.
 */
export function onWasmHeap(
  shape: number[],
  inputs: tf.Tensor[],
  loop: (output: Float32Array, ...inputs: Float32Array[]) => void,
): tf.Tensor {
  const backend = tf.backend() as unknown as WasmBackend;
  const info = backend.makeOutput(shape, "float32");
  // The views are taken after the allocation, which may have moved the heap.
  const output = backend.typedArrayFromHeap(info).fill(0);
  loop(output, ...inputs.map((x) => backend.typedArrayFromHeap(x)));
  return tf.engine().makeTensorFromTensorInfo(info);
}

export const onWasm = (): boolean => tf.getBackend() === "wasm";
