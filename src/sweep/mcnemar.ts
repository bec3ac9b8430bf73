/**
 * McNemar's test (1947) in its exact form: of the rows that one model gets right and the other wrong, `won` went one way and `lost` the
 * other; the two-sided probability of a split at least as uneven where both ways are equally likely, by the binomial distribution.
 */
export function mcnemar(won: number, lost: number): number {
  const n = won + lost;
  const few = Math.min(won, lost);
  if (won === lost) return 1;
  // C(n, few) / 2ⁿ by its logarithm, since either factor alone may be beyond a number's range.
  let log = -n * Math.LN2;
  for (let k = 0; k < few; k++) log += Math.log((n - k) / (k + 1));
  // The terms below it, each by its ratio to the one above.
  let [sum, term] = [1, 1];
  for (let k = few; k > 0 && term > 1e-17 * sum; k--) {
    term *= k / (n - k + 1);
    sum += term;
  }
  return Math.min(1, 2 * Math.exp(log) * sum);
}
