/** Per class how many rows are of it, how many are said to be, and how many both. */
export interface ClassCounts {
  real: Float64Array;
  said: Float64Array;
  hits: Float64Array;
}

/** Counts of no rows. */
export function noCounts(classes: number): ClassCounts {
  const zeros = () => new Float64Array(classes);
  return { real: zeros(), said: zeros(), hits: zeros() };
}

/**
 * What the counts of rows with one class each come to, as scikit-learn computes it: f1 of the second of two classes, else the mean over
 * those that occur or are said; Matthews' correlation over any number of classes (Gorodkin 2004), 0 where a side has one class only.
 */
export function scoresOfCounts({ real, said, hits }: ClassCounts): { f1: number; mcc: number } {
  let [total, right, both, realSquares, saidSquares, f1s, met] = [0, 0, 0, 0, 0, 0, 0];
  for (let c = 0; c < real.length; c++) {
    total += real[c];
    right += hits[c];
    both += real[c] * said[c];
    realSquares += real[c] ** 2;
    saidSquares += said[c] ** 2;
    if (real[c] + said[c] === 0) continue;
    f1s += f1Of(hits[c], said[c], real[c]);
    met++;
  }
  const spread = (total ** 2 - saidSquares) * (total ** 2 - realSquares);
  return {
    f1: real.length === 2 ? f1Of(hits[1], said[1], real[1]) : f1s / met,
    mcc: spread === 0 ? 0 : (right * total - both) / Math.sqrt(spread),
  };
}

/** Of one class; 0 where it neither occurs nor is said. */
export const f1Of = (hits: number, said: number, real: number): number =>
  said + real === 0 ? 0 : (2 * hits) / (said + real);
