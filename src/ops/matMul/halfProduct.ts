import { existsSync, readFileSync } from "node:fs";
import type * as tf from "@tensorflow/tfjs-core";
import type { Half, Precision } from "../../engine/autocast";
import type { TensorflowBackend } from "../../engine/TensorflowBackend";

// tensorflow/core/framework/types.proto
const TYPES = { fp32: 1, bf16: 14, fp16: 19 } satisfies Record<Precision, number>;

/**
 * a · b over the last two axes by TensorFlow in bfloat16 or float16, from float32 and back to it. It adds up in float32 and rounds the
 * sums at the end; in float16 those from 65520 on become infinite. tfjs has no such types: what is cast is known to TensorFlow alone.
 */
export function halfProduct(
  backend: TensorflowBackend,
  half: Half,
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA: boolean,
  transposeB: boolean,
): tf.Tensor {
  const { binding } = backend;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
  const cast = (id: number, from: Precision, to: Precision) => {
    const types = [type("SrcT", TYPES[from]), type("DstT", TYPES[to]), flag("Truncate", false)];
    return binding.executeOp("Cast", types, [id], 1)[0];
  };
  const made: number[] = [];
  const keep = (output: { id: number }) => {
    made.push(output.id);
    return output.id;
  };
  try {
    const factors = backend.getInputTensorIds([a, b]).map((id) => keep(cast(id, "fp32", half)));
    const attributes = [flag("adj_x", transposeA), flag("adj_y", transposeB), type("T", TYPES[half])];
    const product = keep(binding.executeOp("BatchMatMulV2", attributes, factors, 1)[0]);
    return backend.createOutputTensor(cast(product, half, "fp32"));
  } finally {
    for (const id of made) binding.deleteTensor(id);
  }
}

/**
 * Whether TensorFlow's product in bfloat16 is faster than the native kernels', which multiply bfloat16 with AVX-512's instructions
 * where the processor has them, and round the factors elsewhere: it is where the processor multiplies whole tiles (AMX), or is an ARM
 * with instructions of its own. The numbers are the same but for the rounding of the product.
 */
export const tensorflowMultipliesFaster = (): boolean => {
  const file = "/proc/cpuinfo";
  known ??= existsSync(file) && /\b(amx_bf16|bf16)\b/.test(readFileSync(file, "utf8"));
  return known;
};

let known: boolean | undefined;
