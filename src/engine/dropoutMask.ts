import * as tf from "@tensorflow/tfjs-core";

/**
 * A mask of `shape` for inverted dropout (Srivastava et al. 2014): 0 with probability `rate`, else 1 / (1 - rate).
 * It depends on `seed` (a whole number) and the engine alone.
 */
export function dropoutMask(shape: number[], rate: number, seed: number): tf.Tensor {
  if (tf.getBackend() === "tensorflow") return tensorflowMask(shape, rate, seed);
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const kept = 1 / (1 - rate);
  const threshold = Math.round(rate * 65536);
  // xorshift128 (Marsaglia 2003); each draw of 32 bits decides two elements.
  let [a, b, c, d] = [seed | 0, 0x243f6a88, 0x85a308d3, 0x13198a2e ^ seed];
  for (let i = -32; i < values.length; i += 2) {
    const t = a ^ (a << 11);
    [a, b, c] = [b, c, d];
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8);
    if (i < 0) continue; // the first draws still show the seed
    values[i] = (d & 0xffff) < threshold ? 0 : kept;
    values[i + 1] = d >>> 16 < threshold ? 0 : kept;
  }
  return tf.tensor(values, shape);
}

interface TensorflowBackend {
  binding: { TF_ATTR_TYPE: number };
  executeSingleOutput(op: string, attributes: object[], inputs: tf.Tensor[]): tf.Tensor;
}

function tensorflowMask(shape: number[], rate: number, seed: number): tf.Tensor {
  return tf.tidy(() => {
    const backend = tf.backend() as unknown as TensorflowBackend;
    const type = (name: string, value: number) => ({ name, type: backend.binding.TF_ATTR_TYPE, value });
    const [FLOAT, INT32] = [1, 3]; // tensorflow/core/framework/types.proto
    const uniform = backend.executeSingleOutput(
      "StatelessRandomUniform",
      [type("dtype", FLOAT), type("T", INT32), type("Tseed", INT32)],
      [tf.tensor1d(shape, "int32"), tf.tensor1d([seed | 0, 0], "int32")],
    );
    return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), "float32"), 1 / (1 - rate));
  });
}
