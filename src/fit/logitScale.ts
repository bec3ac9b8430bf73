/** The first and the second derivative of a loss. */
type Slopes = (scale: number) => [first: number, second: number];

/**
 * The factor at which logits `factor · values + shifts` have the least cross-entropy with the targets, behind a softmax over each row's
 * classes: as temperature scaling (Guo et al. 2017), whose temperature is its inverse. `values` and `targets` are [rows, classes]; the
 * targets of a row sum up to what the row weighs. It is never below 0.
 */
export function softmaxScale(
  values: ArrayLike<number>,
  targets: ArrayLike<number>,
  shifts: ArrayLike<number>,
): number {
  const classes = shifts.length;
  const powers = new Float64Array(classes);
  return leastAt((scale) => {
    let [first, second] = [0, 0];
    for (let start = 0; start < values.length; start += classes) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) largest = Math.max(largest, scale * values[start + c] + shifts[c]);
      let [total, weight, mean, square] = [0, 0, 0, 0];
      for (let c = 0; c < classes; c++) {
        powers[c] = Math.exp(scale * values[start + c] + shifts[c] - largest);
        total += powers[c];
        weight += targets[start + c];
        first -= targets[start + c] * values[start + c];
      }
      for (let c = 0; c < classes; c++) {
        const share = powers[c] / total;
        mean += share * values[start + c];
        square += share * values[start + c] ** 2;
      }
      first += weight * mean;
      second += weight * (square - mean ** 2);
    }
    return [first, second];
  });
}

/** The same of logits `factor · values` behind a sigmoid each. */
export function sigmoidScale(values: ArrayLike<number>, targets: ArrayLike<number>): number {
  return leastAt((scale) => {
    let [first, second] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const p = 1 / (1 + Math.exp(-scale * values[i]));
      first += (p - targets[i]) * values[i];
      second += p * (1 - p) * values[i] ** 2;
    }
    return [first, second];
  });
}

/** More than any logits call for: what is reached where targets are told apart without an error, and certain. */
const MOST = 1e6;
const TOLERANCE = 1e-10;

/** Where a convex function of a number from 0 to `MOST` is least: Newton's steps, and halves of the bracket where those would leave it. */
function leastAt(slopes: Slopes): number {
  let [low, high] = [0, 1];
  if (slopes(low)[0] >= 0) return low;
  while (slopes(high)[0] < 0) {
    if (high >= MOST) return MOST;
    [low, high] = [high, 2 * high];
  }
  let at = high;
  while (high - low > TOLERANCE * high) {
    const [first, second] = slopes(at);
    if (first === 0) return at;
    if (first < 0) low = at;
    else high = at;
    const next = at - first / second;
    const last = at;
    at = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(at - last) <= TOLERANCE * at) break;
  }
  return at;
}
