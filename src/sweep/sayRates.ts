import { greatest, least } from "../extremes";
import type { DepthSummary } from "./summarize";

/** How rows came to their learning rates, in words: "the best of its 3 rates"; null where none was tried at several. */
export function sayRates(rows: DepthSummary[]): string | null {
  const tries = rows.map((row) => row.rates.length);
  const [fewest, most] = [least(tries), greatest(tries)];
  if (most <= 1) return null;
  return fewest === most
    ? `the best of its ${most} rates, which flatters all alike`
    : `the best of its rates, ${fewest} to ${most} of them, which flatters most where they are most`;
}
