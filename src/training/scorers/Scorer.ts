/** A metric of some rows as a function of how often each of them counts. */
export interface Scorer {
  /** All rows count once where weights are left out. NaN where the metric is not defined on such rows. */
  of(weights?: ArrayLike<number>): number;
  /** How many there are of what weights are of, where that is not the rows. */
  rows?: number;
  /** How many values it goes through for a row. */
  work: number;
}
