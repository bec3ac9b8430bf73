import { type Lora, mergedWeight } from "../nn/lora";
import type { Parameter } from "../nn/Parameter";
import type { FloatType } from "../options/floatType";
import type { Classifier } from "./Classifier";
import type { SavedTensor, WeightType } from "./Parts";

/** What safetensors calls them. */
export const STORED: Record<FloatType, WeightType> = { fp32: "F32", fp16: "F16", bf16: "BF16" };

/** The tensors of a model's checkpoint: its own parameters, adapters merged into their weights, and its buffers. */
export function savedTensors(model: Classifier, parameters: ReadonlyMap<string, Parameter>): SavedTensor[] {
  const adapted = new Map(model.adapters().map(({ weight, lora }) => [weight, lora]));
  const saved = ([name, parameter]: [string, Parameter]): SavedTensor => ({
    name,
    shape: parameter.shape,
    data: () => mergedValues(parameter, adapted.get(parameter)),
  });
  const counts = model.namedBuffers().filter(([name]) => isCount(name));
  const others = model.namedBuffers().filter(([name]) => !isCount(name));
  return [
    // In front, where their 8 bytes lie at multiples of 8, which safetensors' own reader asks for.
    ...counts.map((entry) => ({ ...saved(entry), dtype: "I64" as const })),
    ...[...parameters, ...others].map(saved),
  ];
}

async function mergedValues(parameter: Parameter, lora: Lora | undefined): Promise<Float32Array> {
  if (!lora || lora.merged) return parameter.data();
  const merged = mergedWeight(parameter, lora);
  const values = (await merged.data()) as Float32Array;
  merged.dispose();
  return values;
}

const isCount = (name: string): boolean => name.endsWith(".num_batches_tracked");
