import * as tf from "@tensorflow/tfjs-core";
import type { EngineName } from "../engine/useEngine";
import { matMul } from "../ops/matMul/matMul";

/** Large enough that the product itself takes the time; plain JavaScript ends with the first within a second. */
const SIZES: Record<EngineName, number[]> = {
  tensorflow: [1024],
  webgpu: [256, 1024],
  onnxruntime: [1024],
  cpu: [256],
};

/** Who takes longer than this for a product is not asked for a larger one, as an adapter that is software. */
const SLOW_SECONDS = 0.01;

/** GFLOP/s of a float32 product of square matrices on the engine in use: the fastest of those that fit into 0.3 s. */
export async function productSpeed(engine: EngineName): Promise<{ size: number; gigaflops: number }> {
  let [measured, fastest] = [0, 0];
  for (const size of SIZES[engine]) {
    if (fastest > SLOW_SECONDS) break;
    [measured, fastest] = [size, await fastestProduct(size)];
  }
  return { size: measured, gigaflops: (2 * measured ** 3) / fastest / 1e9 };
}

/** In seconds. */
async function fastestProduct(size: number): Promise<number> {
  const matrix = tf.fill([size, size], 0.5);
  const product = async () => {
    const start = performance.now();
    // One element is waited for, not copied with all the others.
    const element = tf.tidy(() => tf.slice(matMul(matrix, matrix), [0, 0], [1, 1]));
    await element.data();
    element.dispose();
    return (performance.now() - start) / 1000;
  };
  await product(); // claims memory and compiles
  let fastest = Number.POSITIVE_INFINITY;
  for (let spent = 0; spent < 0.3; ) {
    const seconds = await product();
    fastest = Math.min(fastest, seconds);
    spent += seconds;
  }
  matrix.dispose();
  return fastest;
}
