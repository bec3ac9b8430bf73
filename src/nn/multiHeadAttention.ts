import { type AttentionOptions, attention } from "./attention";
import { firstRowAttention } from "./firstRowAttention";
import { type Linear, linear } from "./linear";
import { type Adaptable, loraLinear } from "./loraLinear";
import type { Pass, Value } from "./Pass";
import { readRows } from "./readRows";
import { selfAttention } from "./selfAttention";

/** The dense layers that make queries, keys and values. */
export type QueryKeyValue = {
  query: Adaptable;
  key: Required<Linear>;
  value: Adaptable;
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
  if (rows === x && !query.lora && !value.lora) return selfAttention(pass, x, layers, options);
  const queries = loraLinear(pass, rows, query);
  if (rows.tensor.shape[0] === options.batchSize && !value.lora)
    return firstRowAttention(pass, queries, x, key, value, options);
  return attention(pass, queries, linear(pass, x, key), loraLinear(pass, x, value), options);
}
