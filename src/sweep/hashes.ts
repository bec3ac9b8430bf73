import { createHash } from "node:crypto";
import type { Rows } from "../data/Rows";
import type { Classifier } from "../models/Classifier";
import { parameterHash } from "../nn/parameterHash";

/**
 * sha256 over what a trial starts from: the names, shapes and values of the weights that came from a checkpoint, and what the config
 * says of them, such as dropout, the head's make and the number of heads.
 */
export async function hashModel(model: Classifier): Promise<string> {
  const hash = createHash("sha256");
  const drawn = new Set(model.newlyInitialized);
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()]) {
    if (drawn.has(name)) continue;
    hash.update(await parameterHash(parameter));
  }
  const adapters = model.adapters().map(({ lora }) => [lora.scale, lora.dropout, lora.merged]);
  hash.update(JSON.stringify([model.modelType, model.problemType, model.config, adapters]));
  return hash.digest("hex");
}

/** sha256 over the rows that are trained on and judged by, as they are now. */
export function hashData(train: Rows, valid: Rows): string {
  return createHash("sha256").update(train.contentHash()).update(valid.contentHash()).digest("hex");
}
