import type { FloatDType } from "../../src/checkpoint/safetensors";
import { SafetensorsWriter, type WrittenTensor } from "../../src/checkpoint/safetensorsWriter";

/** Writes a safetensors file in one go. */
export function writeSafetensors(
  path: string,
  tensors: (WrittenTensor & { data: Float32Array | (() => Float32Array) })[],
  options: { dtype?: FloatDType; metadata?: Record<string, string> } = {},
): void {
  const { dtype = "F32", metadata = { format: "pt" } } = options;
  const writer = new SafetensorsWriter(path, tensors, dtype, metadata);
  try {
    for (const { data } of tensors) writer.write(typeof data === "function" ? data() : data);
  } finally {
    writer.finish();
  }
}
