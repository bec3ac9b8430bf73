import { existsSync, readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import type { TensorflowBackend } from "./TensorflowBackend";

// tensorflow/core/framework/types.proto
const [FLOAT, BFLOAT16] = [1, 14];

/**
 * a · b over the last two axes by TensorFlow in bfloat16, from float32 and back to it. tfjs has no such type: what is cast is known to
 * TensorFlow alone.
 */
export function bfloat16Product(
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA: boolean,
  transposeB: boolean,
): tf.Tensor {
  const backend = tf.backend() as unknown as TensorflowBackend;
  const { binding } = backend;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
  const cast = (id: number, from: number, to: number) =>
    binding.executeOp("Cast", [type("SrcT", from), type("DstT", to), flag("Truncate", false)], [id], 1)[0];
  const made: number[] = [];
  const keep = (output: { id: number }) => {
    made.push(output.id);
    return output.id;
  };
  try {
    const factors = backend.getInputTensorIds([a, b]).map((id) => keep(cast(id, FLOAT, BFLOAT16)));
    const attributes = [flag("adj_x", transposeA), flag("adj_y", transposeB), type("T", BFLOAT16)];
    const product = keep(binding.executeOp("BatchMatMulV2", attributes, factors, 1)[0]);
    return backend.createOutputTensor(cast(product, BFLOAT16, FLOAT));
  } finally {
    for (const id of made) binding.deleteTensor(id);
  }
}

/**
 * Whether the processor multiplies bfloat16 itself. Where it does not, TensorFlow's product is slower than one in float32, and the
 * native kernel rounds the factors instead: the same numbers but for the rounding of the product.
 */
export const multipliesBfloat16 = (): boolean => {
  const file = "/proc/cpuinfo";
  known ??= existsSync(file) && /\b(avx512_bf16|amx_bf16|bf16)\b/.test(readFileSync(file, "utf8"));
  return known;
};

let known: boolean | undefined;
