import * as ops from "../ops/rotaryAttention/rotaryAttention";
import { rotaryAttentionGradient } from "../ops/rotaryAttention/rotaryAttentionGradient";
import type { Turns } from "../ops/rotaryAttention/turn";
import type { AttentionOptions } from "./attention";
import type { Pass, Value } from "./Pass";

/**
 * `attention` among the rows of each text, whose queries, keys and values lie side by side in `qkv` [batch · n, 3 · hidden], with rotary
 * positions: gives [batch · n, hidden], of the rows that will be read. Each token sees those at most `reach` places away; all where it is left out.
 */
export function rotaryAttention(
  pass: Pass,
  qkv: Value,
  { cos, sin }: Turns,
  { batchSize, heads, mask, dropout, reach = null }: AttentionOptions & { reach?: number | null },
): Value {
  const firstOnly = pass.firstRows;
  const queries = firstOnly ? 1 : qkv.tensor.shape[0] / batchSize;
  const options = { batchSize, heads, queries, reach, drop: pass.drawDropout(dropout) };
  const { output, weights } = ops.rotaryAttention({ qkv: qkv.tensor, cos, sin, mask, ...options });
  const y = pass.record({
    op: "rotaryAttention",
    settings: { hidden: qkv.tensor.shape[1]! / 3, heads, reach, firstOnly },
    output,
    inputs: { qkv, cos, sin, mask },
    saved: () => ({ qkv: qkv.tensor, cos, sin, weights }),
    backward: (dy, saved) => ({ qkv: rotaryAttentionGradient({ ...saved, ...options, dy }).qkv }),
  });
  weights.dispose();
  return y;
}
