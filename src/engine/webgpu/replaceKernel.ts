import * as tf from "@tensorflow/tfjs-core";

/** Puts a kernel in the place of tfjs's own on WebGPU, which it is made of. `Call` is what tfjs gives to it. */
export function replaceKernel<Call>(name: string, by: (own: Kernel<Call>) => Kernel<Call>): void {
  const own = tf.getKernel(name, "webgpu").kernelFunc as unknown as Kernel<Call>;
  tf.unregisterKernel(name, "webgpu");
  tf.registerKernel({
    kernelName: name,
    backendName: "webgpu",
    kernelFunc: by(own) as unknown as tf.KernelFunc,
  });
}

type Kernel<Call> = (call: Call) => tf.TensorInfo;
