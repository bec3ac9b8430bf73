/**
 * Area under the ROC curve by ranks (Mann and Whitney 1947), ties counting half; NaN where one of the two classes is missing. The rows
 * are sorted once: what comes back takes how often each of them counts, all once where that is left out.
 */
export function rocArea(score: Float32Array, truth: Float32Array): (weights?: ArrayLike<number>) => number {
  const order = Int32Array.from(score.keys()).sort((a, b) => score[a] - score[b]);
  const rows = order.length;
  // Whether the next row in this order has a higher score.
  const ends = Uint8Array.from(order, (row, i) => (score[order[i + 1]] === score[row] ? 0 : 1));
  const positive = Uint8Array.from(order, (row) => (truth[row] ? 1 : 0));
  return (weights) => {
    // Pairs of a positive and a negative row with the lower score, and half those with an equal one.
    let area = 0;
    let [below, negatives, positives, all] = [0, 0, 0, 0];
    for (let i = 0; i < rows; i++) {
      const weight = weights ? weights[order[i]] : 1;
      if (positive[i]) positives += weight;
      else negatives += weight;
      if (!ends[i]) continue;
      area += positives * (below + negatives / 2);
      below += negatives;
      all += positives;
      positives = 0;
      negatives = 0;
    }
    return area / (all * below);
  };
}
