/** As many are tried one by one. */
const FEW = 8;
/** Where more are, these shares of the blocks, from the head down, before what lies between. */
const SHARES = [1, 2 / 3, 1 / 2, 1 / 3, 1 / 6, 0];

/**
 * The depths of a search in the order they are tried in, the deepest and cheapest first: all of them, or of more than eight the two
 * deepest and some at even distances down to nothing frozen.
 */
export function depthsToTry(depths: readonly number[]): number[] {
  const falling = [...new Set(depths)].sort((a, b) => b - a);
  if (falling.length <= FEW) return falling;
  const deepest = falling[0];
  const near = (wanted: number) =>
    falling.reduce((best, n) => (Math.abs(n - wanted) < Math.abs(best - wanted) ? n : best));
  const chosen = [falling[1], falling.at(-1)!, ...SHARES.map((share) => near(share * deepest))];
  return [...new Set(chosen)].sort((a, b) => b - a);
}
