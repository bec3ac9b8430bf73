/** Per class how many rows are of it, how many are said to be, and how many both. */
export interface ClassCounts {
  real: Float64Array;
  said: Float64Array;
  hits: Float64Array;
  /** Σ (said - real)² over the rows, both as places in the order of the classes. */
  squares: number;
}

/** Counts of no rows. */
export function noCounts(classes: number): ClassCounts {
  const zeros = () => new Float64Array(classes);
  return { real: zeros(), said: zeros(), hits: zeros(), squares: 0 };
}

/** Makes them those of these rows, each of which counts so many times; once where weights are left out. */
export function countRows(
  counts: ClassCounts,
  ids: Int32Array,
  said: Int32Array,
  weights?: ArrayLike<number>,
): void {
  for (const each of [counts.real, counts.said, counts.hits]) each.fill(0);
  counts.squares = 0;
  for (let row = 0; row < ids.length; row++) {
    const weight = weights ? weights[row] : 1;
    counts.real[ids[row]] += weight;
    counts.said[said[row]] += weight;
    if (said[row] === ids[row]) counts.hits[ids[row]] += weight;
    else counts.squares += weight * (said[row] - ids[row]) ** 2;
  }
}

/**
 * What the counts of rows with one class each come to, as scikit-learn computes it.
 *
 * f1: of the second of two classes, else macroF1. macroF1: the mean over the classes that occur or are said. weightedF1: the mean over
 * all, by how many rows each has. balancedAccuracy: the mean share of a class's rows that are right, over the classes that occur.
 * mcc: Matthews' correlation over any number of classes (Gorodkin 2004). quadraticKappa: Cohen's with quadratic weights by the classes'
 * order (Cohen 1968). The last two are 0 where a side has one class only.
 */
export const SCORES_OF_COUNTS = {
  f1: (counts: ClassCounts): number => {
    const { real, said, hits } = counts;
    return real.length === 2 ? f1Of(hits[1], said[1], real[1]) : macroF1(counts);
  },
  mcc({ real, said, hits }: ClassCounts): number {
    let [total, right, both, realSquares, saidSquares] = [0, 0, 0, 0, 0];
    for (let c = 0; c < real.length; c++) {
      total += real[c];
      right += hits[c];
      both += real[c] * said[c];
      realSquares += real[c] ** 2;
      saidSquares += said[c] ** 2;
    }
    const spread = (total ** 2 - saidSquares) * (total ** 2 - realSquares);
    return spread === 0 ? 0 : (right * total - both) / Math.sqrt(spread);
  },
  macroF1,
  microF1: ({ real, hits }: ClassCounts): number => sum(hits) / sum(real),
  weightedF1({ real, said, hits }: ClassCounts): number {
    const weighted = real.map((count, c) => count * f1Of(hits[c], said[c], count));
    return sum(weighted) / sum(real);
  },
  balancedAccuracy({ real, hits }: ClassCounts): number {
    const met = real.filter((count) => count > 0).length;
    return sum(hits.map((right, c) => (real[c] > 0 ? right / real[c] : 0))) / met;
  },
  quadraticKappa({ real, said, squares }: ClassCounts): number {
    const total = sum(real);
    const place = (counts: Float64Array, power: number) => sum(counts.map((count, c) => count * c ** power));
    // Of pairs that are drawn apart: the mean of (said - real)² is E said² + E real² - 2 · E said · E real.
    const apart = place(real, 2) + place(said, 2) - (2 * place(real, 1) * place(said, 1)) / total;
    return apart === 0 ? 0 : 1 - squares / apart;
  },
};

function macroF1({ real, said, hits }: ClassCounts): number {
  let [f1s, met] = [0, 0];
  for (let c = 0; c < real.length; c++) {
    if (real[c] + said[c] === 0) continue;
    f1s += f1Of(hits[c], said[c], real[c]);
    met++;
  }
  return f1s / met;
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** Of one class; 0 where it neither occurs nor is said. */
export const f1Of = (hits: number, said: number, real: number): number =>
  said + real === 0 ? 0 : (2 * hits) / (said + real);
