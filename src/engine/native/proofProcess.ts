// node proofProcess.js <folder of tfjs-node-gpu> <binding>: prints what `prove` reads. The binding need not be in its place yet,
// so tfjs-node-gpu's own start, which looks for it there, is repeated here with the binding named.
import { join } from "node:path";
import type { KernelBackend } from "@tensorflow/tfjs-core";
import { restoreNodeUtil } from "./restoreNodeUtil";

function tryBinding(folder: string, file: string): Record<string, unknown> {
  let binding: { TF_Version?: string };
  try {
    binding = require(file);
  } catch (error) {
    return { failure: (error as Error).message };
  }
  restoreNodeUtil();
  // tfjs-node-gpu's own copy, should there be more than one.
  const tf: typeof import("@tensorflow/tfjs-core") = require(
    require.resolve("@tensorflow/tfjs-core", { paths: [folder] }),
  );
  require(join(folder, "dist/register_all_kernels"));
  const { NodeJSKernelBackend } = require(join(folder, "dist/nodejs_kernel_backend"));
  const backend: KernelBackend & { isUsingGpuDevice: boolean } = new NodeJSKernelBackend(
    binding,
    "@tensorflow/tfjs-node-gpu",
  );
  tf.registerBackend("tensorflow", () => backend);
  tf.setBackend("tensorflow");
  // Whole numbers this small have exact products and sums, in the ten bits of mantissa of a GPU's TF32 as well.
  const size = 64;
  const values = (step: number) => Float32Array.from({ length: size ** 2 }, (_, i) => ((i * step) % 17) - 8);
  const [a, b] = [values(5), values(7)];
  const product = tf.matMul(tf.tensor2d(a, [size, size]), tf.tensor2d(b, [size, size])).dataSync();
  const wrong = product.findIndex((value, i) => {
    const [row, column] = [Math.floor(i / size) * size, i % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += a[row + k] * b[k * size + column];
    return value !== sum;
  });
  return {
    version: binding.TF_Version,
    gpu: backend.isUsingGpuDevice,
    ...(wrong >= 0 && { wrong: `element ${wrong} of ${size} x ${size} is ${product[wrong]}` }),
  };
}

const [, , folder, file] = process.argv;
console.log(`frostkit: ${JSON.stringify(tryBinding(folder, file))}`);
