/** Tells the eigenvalues of a matrix XᵀX that are above zero from those that rounding has left of zero. */
export function rankOf(values: Float64Array): (value: number) => boolean {
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const least = values.length * Number.EPSILON * largest;
  return (value) => value > least;
}
