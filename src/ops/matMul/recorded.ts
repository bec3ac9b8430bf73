import { type Precision, precision } from "../../engine/autocast";
import type { Graph, Input } from "../../engine/recorder/Graph";
import { product } from "../../engine/recorder/kernels/products";
import type { Dtype, Value } from "../../engine/recorder/Value";

const TYPES: Record<Precision, Dtype> = { fp32: "float32", bf16: "bfloat16", fp16: "float16" };

/** a · b over the last two axes, times `alpha`, with `plus` added: factors in the precision of `autocast`, all else in float32. */
export function recordedMatMul(
  g: Graph,
  a: Input,
  b: Input,
  transposeA: boolean,
  transposeB: boolean,
  { alpha = 1, plus }: { alpha?: number; plus?: Input } = {},
): Value {
  const type = TYPES[precision()];
  if (type === "float32") return product(g, a, b, transposeA, transposeB, { alpha, plus });
  const made = g.cast(product(g, g.cast(a, type), g.cast(b, type), transposeA, transposeB), "float32");
  const scaled = alpha === 1 ? made : g.op("Mul", [made, g.float(alpha)]);
  return plus ? g.op("Add", [scaled, plus]) : scaled;
}
