import * as tf from "@tensorflow/tfjs-core";
import { replaceKernel } from "./replaceKernel";
import type { WebgpuBackend } from "./WebgpuBackend";

/**
 * Has WebGPU add any number of tensors. tfjs's own kernel binds all of them to one shader, of which a device takes as few as
 * `maxStorageBuffersPerShaderStage` says (8 by default), the sum among them: beyond that it computes nothing, and the sum is zero.
 */
export function addInGroups(): void {
  replaceKernel<Call>(tf.AddN, (add) => ({ inputs, backend }) => {
    const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
    let sum = add({ inputs: inputs.slice(0, most), backend });
    for (let next = most; next < inputs.length; next += most - 1) {
      const before = sum;
      sum = add({ inputs: [before, ...inputs.slice(next, next + most - 1)], backend });
      backend.disposeData(before.dataId);
    }
    return sum;
  });
}

interface Call {
  inputs: tf.TensorInfo[];
  backend: WebgpuBackend;
}
