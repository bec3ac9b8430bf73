/**
 * Pearson's correlation of predictions with what is true, each row counting so many times. As in SciPy it is NaN where what is true does
 * not vary; where the predictions do not, it is 0, since they tell nothing.
 */
export function pearson(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  const rows = truth.length;
  let first = 0;
  while (weights && first < rows && !weights[first]) first++;
  // About a row of theirs, equal values are exactly 0.
  const [x0, y0] = [predicted[first], truth[first]];
  let [total, sumX, sumY] = [0, 0, 0];
  for (let row = first; row < rows; row++) {
    const weight = weights ? weights[row] : 1;
    total += weight;
    sumX += weight * (predicted[row] - x0);
    sumY += weight * (truth[row] - y0);
  }
  const [meanX, meanY] = [sumX / total, sumY / total];
  let [xx, yy, xy] = [0, 0, 0];
  for (let row = first; row < rows; row++) {
    const weight = weights ? weights[row] : 1;
    const x = predicted[row] - x0 - meanX;
    const y = truth[row] - y0 - meanY;
    xx += weight * x * x;
    yy += weight * y * y;
    xy += weight * x * y;
  }
  if (!(yy > 0)) return Number.NaN;
  return xx === 0 ? 0 : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Pearson's correlation of their ranks, ties having the mean of theirs (Spearman 1904). Rows are sorted once. */
export function spearman(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
): (weights?: ArrayLike<number>) => number {
  const [ofPredicted, ofTruth] = [ranks(predicted), ranks(truth)];
  return (weights) => pearson(ofPredicted(weights), ofTruth(weights), weights);
}

/** The rank of each row among rows that count so many times; what it gives is written over by its next call. */
function ranks(values: ArrayLike<number>): (weights?: ArrayLike<number>) => Float64Array {
  const order = Int32Array.from({ length: values.length }, (_, row) => row).sort(
    (a, b) => values[a] - values[b],
  );
  const ranked = new Float64Array(order.length);
  return (weights) => {
    let below = 0;
    for (let start = 0, end = 0; start < order.length; start = end) {
      let tied = 0;
      for (; end < order.length && values[order[end]] === values[order[start]]; end++)
        tied += weights ? weights[order[end]] : 1;
      for (let i = start; i < end; i++) ranked[order[i]] = below + (tied + 1) / 2;
      below += tied;
    }
    return ranked;
  };
}
