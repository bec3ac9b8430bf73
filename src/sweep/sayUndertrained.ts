import { someOf } from "../text/someOf";
import type { DepthSummary } from "./summarize";

/** What an advice says of depths that the sweep's rates have not shown yet; null where there are none. */
export function sayUndertrained(
  rows: DepthSummary[],
  chosen: DepthSummary,
  name: (row: DepthSummary) => string,
): string | null {
  const marked = rows.filter((row) => row.undertrained !== null);
  const deeper = marked.filter((row) => row.n > chosen.n);
  const said = deeper.length > 0 ? deeper : marked;
  if (said.length === 0) return null;
  const several = said.some((row) => row.rates.length > 1);
  return (
    `${someOf(said.map(name), 4)}: undertrained at ${several ? "the highest rate tried" : "this rate"}` +
    `${deeper.length > 0 ? ", so a deeper freeze may do as well at a higher one" : "; a higher one may do better"}.`
  );
}
