import type { Pass, Value } from "./Pass";
import { readRows } from "./readRows";

/** Two values with as many rows: where one has the first of each text alone, those of the other. */
export function matchingRows(pass: Pass, a: Value, b: Value): [Value, Value] {
  const [m, n] = [a, b].map(({ tensor }) => tensor.shape[0]);
  return [m > n ? readRows(pass, a, n) : a, n > m ? readRows(pass, b, m) : b];
}
