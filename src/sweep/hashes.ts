import { createHash } from "node:crypto";
import type { Classifier } from "../models/Classifier";
import { parameterHash } from "../nn/parameterHash";
import type { Dataset } from "../training/dataset";

/** sha256 over the names, shapes and values of the weights that came from a checkpoint: what a trial starts from. */
export async function hashModel(model: Classifier): Promise<string> {
  const hash = createHash("sha256");
  const drawn = new Set(model.newlyInitialized);
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()]) {
    if (drawn.has(name)) continue;
    hash.update(await parameterHash(parameter));
  }
  // A head of another make is another model, though all its weights are drawn.
  if (model.config.frostkit_head) hash.update(JSON.stringify(model.config.frostkit_head));
  return hash.digest("hex");
}

/** sha256 over the rows that are trained on and judged by. */
export function hashData(train: Dataset, valid: Dataset): string {
  return createHash("sha256").update(train.hash).update(valid.hash).digest("hex");
}
