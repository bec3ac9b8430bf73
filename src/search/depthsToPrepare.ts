/**
 * Of the depths of a search, the deepest first, those whose features are computed before the first trial, the shallowest first: from half
 * of the deepest on. Shallower ones are seldom asked for and then train for so long that a forward of their own hardly shows.
 */
export const depthsToPrepare = (depths: readonly number[]): number[] =>
  depths.filter((n) => n >= depths[0] / 2).reverse();
