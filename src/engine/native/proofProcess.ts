// node proofProcess.js <folder of tfjs-node-gpu> <binding> [<kernels>]: prints what `prove` reads. The binding need not be in its place
// yet, so tfjs-node-gpu's own start, which looks for it there, is repeated here with the binding named.
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs-core";
import { NativeKernels } from "../nativeKernels";
import { proofs, wholes } from "./proofs";
import { restoreNodeUtil } from "./restoreNodeUtil";

function tryBinding(folder: string, file: string, kernels?: string): Record<string, unknown> {
  let binding: { TF_Version?: string };
  try {
    binding = require(file);
    if (kernels) require(kernels);
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
  const backend: tf.KernelBackend & { isUsingGpuDevice: boolean } = new NodeJSKernelBackend(
    binding,
    "@tensorflow/tfjs-node-gpu",
  );
  tf.registerBackend("tensorflow", () => backend);
  tf.setBackend("tensorflow");
  const size = 64;
  const [a, b] = [wholes(size ** 2, 5), wholes(size ** 2, 7)];
  const expected = Float32Array.from({ length: size ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / size) * size, i % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += a[row + k] * b[k * size + column];
    return sum;
  });
  const [left, right] = [a, b].map((values) => tf.tensor2d(values, [size, size]));
  const products = { TensorFlow: tf.matMul(left, right) };
  const gpu = backend.isUsingGpuDevice;
  // On a GPU they are not used.
  if (kernels && !gpu)
    Object.assign(products, {
      "frostkit's kernel": new NativeKernels(backend as never).run("Products", {}, oneProduct(left, right))
        .y[0]!,
    });
  const wrong = Object.entries(products).flatMap(([name, product]) => {
    const values = product.dataSync();
    const at = values.findIndex((value, i) => value !== expected[i]);
    return at >= 0 ? [`a matrix product: ${name}'s element ${at} of ${size} x ${size} is ${values[at]}`] : [];
  });
  for (const { what, compute, expected, tolerance } of proofs()) {
    try {
      const values = compute(tf, backend as never).dataSync();
      const at = expected.findIndex((value, i) => !(Math.abs(values[i] - value) <= tolerance));
      if (at >= 0) wrong.push(`${what}: element ${at} is ${values[at]}, not ${expected[at]}`);
    } catch (error) {
      wrong.push(`${what}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  return { version: binding.TF_Version, gpu, ...(wrong.length > 0 && { wrong: wrong.join(", ") }) };
}

/** a · b and nothing besides. */
const oneProduct = (a: tf.Tensor, b: tf.Tensor) => ({
  a: [a],
  b: [b],
  bias: [null],
  slopeOf: [null],
  add: [null],
  settings: Int32Array.of(0, 0, 0, 0, 0, 0, 0, -1),
});

const [, , folder, file, kernels] = process.argv;
console.log(`frostkit: ${JSON.stringify(tryBinding(folder, file, kernels))}`);
