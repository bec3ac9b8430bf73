import { Config } from "../models/Family";
import { familyOf } from "../models/families";
import { configFile } from "./modelFiles";

/**
 * The longest text that a model has positions for, in tokens, by the bytes of its config.json: Infinity where these end nowhere, null where
 * the file does not tell. Whoever loads the model is told why.
 */
export function maxTokensOf(bytes: Uint8Array | undefined): number | null {
  try {
    const config = JSON.parse(Buffer.from(bytes ?? []).toString());
    return familyOf(config, configFile).maxTokens(new Config(config));
  } catch {
    return null;
  }
}
