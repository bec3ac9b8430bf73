import { shown } from "../check";
import { InputError } from "../errors";

/** The kit's words for how numbers are held, both where products are computed and where weights are written. */
export const FLOAT_TYPES = ["fp32", "bf16", "fp16"] as const;

/** How numbers are stored, or factors of products read. */
export type FloatType = (typeof FLOAT_TYPES)[number];

/** The same under the names of PyTorch, safetensors and Transformers.js. */
export type FloatTypeName =
  | FloatType
  | "float32"
  | "bfloat16"
  | "float16"
  | "F32"
  | "BF16"
  | "F16"
  | "f32"
  | "f16"
  | "half";

const SPELLINGS: Record<FloatType, readonly string[]> = {
  fp32: ["fp32", "float32", "f32", "float"],
  bf16: ["bf16", "bfloat16"],
  fp16: ["fp16", "float16", "f16", "half"],
};

/** The kit's word for a type of numbers, whatever capitals and `torch.` it is written with. */
export function floatType(name: string, value: unknown): FloatType {
  const text = typeof value === "string" ? value.toLowerCase().replace(/^torch\./, "") : "";
  const type = FLOAT_TYPES.find((each) => SPELLINGS[each].includes(text));
  if (type === undefined)
    throw new InputError(
      `${name}: expected one of ${FLOAT_TYPES.join(", ")} (or float32, bfloat16, float16), got ${shown(value)}`,
    );
  return type;
}
