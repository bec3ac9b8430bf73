import { Config } from "../models/Family";
import { familyOf } from "../models/families";
import { configFile } from "./modelFiles";

/**
 * The longest text that a model has positions for, in tokens, from the bytes of its config.json: Infinity where there is no limit, null
 * where the file cannot be understood. Loading the model says why.
 */
export function maxTokensOf(bytes: Uint8Array | undefined): number | null {
  try {
    const config = JSON.parse(Buffer.from(bytes ?? []).toString());
    return familyOf(config, configFile).maxTokens(new Config(config));
  } catch {
    return null;
  }
}
