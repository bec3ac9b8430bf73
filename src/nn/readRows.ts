import { firstRows } from "./firstRows";
import type { Pass, Value } from "./Pass";

/**
 * Those rows of `x` [batch · n, width] of which something will be read: all, or, in the last block under a head that reads the [CLS] rows
 * alone, the first of each text. Attention asks for them, which looks at all rows for those; what follows it has no others.
 */
export const readRows = (pass: Pass, x: Value, batchSize: number): Value =>
  pass.firstRows ? pass.once(x, () => firstRows(pass, x, batchSize)) : x;
