import * as tf from "@tensorflow/tfjs-core";
import type { EngineName } from "../engine/useEngine";
import { matMul } from "../ops/matMul/matMul";

/** Large enough that the product itself takes the time, small enough that plain JavaScript ends within a second. */
const SIZES: Record<EngineName, number> = { tensorflow: 1024, webgpu: 1024, wasm: 512, cpu: 256 };

/** GFLOP/s of a float32 product of square matrices on the engine in use: the fastest of those that fit into 0.3 s. */
export async function productSpeed(engine: EngineName): Promise<{ size: number; gigaflops: number }> {
  const size = SIZES[engine];
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
  return { size, gigaflops: (2 * size ** 3) / fastest / 1e9 };
}
