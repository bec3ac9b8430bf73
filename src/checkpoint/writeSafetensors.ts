import { renameSync, rmSync } from "node:fs";
import type { FloatDType } from "./safetensors";
import { SafetensorsWriter } from "./safetensorsWriter";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "./unfinished";

/**
 * Writes tensors to a safetensors file that Python reads. Data given as a function is asked for when its turn comes, so that
 * one tensor at a time need be in memory. The file appears under its name only when it is whole.
 *
 * @param options.dtype F32 by default; F16 and BF16 round to the nearest, ties to even
 * @param options.metadata strings for the header; `{ format: "pt" }` by default, which Python's Transformers asks for
 * @throws InputError for data that does not fit its shape, a name given twice, or a finite value that would become infinite
 * @example
 * ```ts
 * writeSafetensors("head.safetensors", [{ name: "classifier.bias", shape: [2], data: Float32Array.of(0.5, -0.5) }], { dtype: "F16" });
 * ```
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<{ name: string; shape: readonly number[]; data: Float32Array | (() => Float32Array) }>,
  options: { dtype?: FloatDType; metadata?: Record<string, string> } = {},
): void {
  const list = [...tensors];
  const { dtype = "F32", metadata = { format: "pt" } } = options;
  for (const left of findAbandoned(path, ".tmp")) rmSync(left, { force: true });
  const unfinished = claimUnfinished(path, ".tmp");
  try {
    const writer = new SafetensorsWriter(path, list, dtype, metadata, unfinished);
    try {
      for (const { data } of list) writer.write(typeof data === "function" ? data() : data);
    } finally {
      writer.finish();
    }
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
    releaseUnfinished(unfinished);
  }
}
