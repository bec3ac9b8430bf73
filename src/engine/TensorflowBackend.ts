import type * as tf from "@tensorflow/tfjs-core";

/** An output of an op, as the binding describes it. */
interface Output {
  id: number;
  dtype: number;
  shape: number[];
}

/** The parts of tfjs-node's backend (nodejs_kernel_backend.ts) and of its binding that are used here. */
export interface TensorflowBackend {
  isUsingGpuDevice: boolean;
  getInputTensorIds(tensors: tf.TensorInfo[]): number[];
  createOutputTensor(output: Output): tf.Tensor;
  executeSingleOutput(op: string, attributes: object[], inputs: tf.Tensor[]): tf.Tensor;
  refCount(dataId: object): number;
  binding: {
    TF_FLOAT: number;
    TF_INT32: number;
    TF_ATTR_BOOL: number;
    TF_ATTR_FLOAT: number;
    TF_ATTR_INT: number;
    TF_ATTR_TYPE: number;
    createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
    deleteTensor(id: number): void;
    executeOp(
      name: string,
      attributes: { name: string; type: number; value: number | boolean }[],
      inputs: number[],
      outputs: number,
    ): Output[];
  };
}
