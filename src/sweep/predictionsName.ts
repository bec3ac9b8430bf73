import { createHash } from "node:crypto";

/** The folder, in a sweep's, of what validation rows got. */
export const PREDICTIONS = "predictions";

/**
 * What a trial's file of predictions is called in a sweep's folder. The name says what is in it: no trial's file takes the place of
 * another's, as when a sweep begins anew, and one that was damaged or replaced is told by it.
 */
export function predictionsName(trial: string, bytes: Uint8Array): string {
  const sum = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return `${PREDICTIONS}/${trial.replace(/[^\w.=-]+/g, "_").slice(0, 100)}-${sum}.safetensors`;
}

/** Whether a name may be one of those, which lead nowhere else. */
export const isPredictionsName = (name: string): boolean =>
  /^predictions\/[\w.=-]+-[0-9a-f]{16}\.safetensors$/.test(name);
