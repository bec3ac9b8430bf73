/** The greatest of any number of values, -Infinity of none: `Math.max(...values)` runs out of stack at a hundred thousand of them. */
export const greatest = (values: Iterable<number>): number => {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
};

/** The least of any number of values, Infinity of none. */
export const least = (values: Iterable<number>): number => {
  let fewest = Number.POSITIVE_INFINITY;
  for (const value of values) fewest = Math.min(fewest, value);
  return fewest;
};
