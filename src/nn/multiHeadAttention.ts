import { type AttentionOptions, attention } from "./attention";
import { firstRowAttention } from "./firstRowAttention";
import { type BiasedAdaptable, linear } from "./linear";
import type { Pass, Value } from "./Pass";
import { readRows } from "./readRows";
import { selfAttention } from "./selfAttention";

/** The dense layers that make queries, keys and values. */
export type QueryKeyValue = {
  query: BiasedAdaptable;
  key: BiasedAdaptable;
  value: BiasedAdaptable;
};

/**
 * `attention` among the rows of each text, from those that will be read: [batch · seq, hidden] → [batch · queries, hidden]. Adapters
 * aside, it multiplies by the three layers at once, and makes no keys and values where one row of each text asks for them.
 */
export function multiHeadAttention(
  pass: Pass,
  x: Value,
  layers: QueryKeyValue,
  options: AttentionOptions,
): Value {
  const { query, key, value } = layers;
  const rows = readRows(pass, x, options.batchSize);
  if (rows === x && !query.lora && !key.lora && !value.lora) return selfAttention(pass, x, layers, options);
  const queries = linear(pass, rows, query);
  if (rows.tensor.shape[0] === options.batchSize && !key.lora && !value.lora)
    return firstRowAttention(pass, queries, x, key, value, options);
  return attention(pass, queries, linear(pass, x, key), linear(pass, x, value), options);
}
