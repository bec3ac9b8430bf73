import type { Random } from "../random";

/** Rows that stay together. */
export type Unit = readonly number[];

/** A unit, and how many of its rows have each of its labels. */
interface Lot {
  rows: Unit;
  labels: [label: number, count: number][];
}

/** Beyond so many rounds moves bring next to nothing. */
const ROUNDS = 20;

/**
 * Deals units into folds so that each fold has about the same share of each label and of all rows: iterative stratification (Sechidis,
 * Tsoumakas and Vlahavas 2011), which deals the rarest label's rows first, each unit to the fold that lacks most of that label, then to the
 * one that lacks most rows, then by chance. Units are then moved, and of few units two of them exchanged, as long as shares become more
 * even. Returns the fold of each row.
 *
 * @param labelsOf the labels of a row, whole numbers from 0, each once
 */
export function dealEvenly(
  units: readonly Unit[],
  labelsOf: (row: number) => readonly number[],
  { folds, rows, random }: { folds: number; rows: number; random: Random },
): Int32Array {
  const lots = units.map((unit) => lotOf(unit, labelsOf));
  const dealer = new Dealer(lots, folds, rows, random);
  dealer.deal();
  dealer.improve();
  const fold = new Int32Array(rows);
  for (const [i, { rows }] of lots.entries()) for (const row of rows) fold[row] = dealer.foldOf[i];
  return fold;
}

function lotOf(rows: Unit, labelsOf: (row: number) => readonly number[]): Lot {
  const counts = new Map<number, number>();
  for (const row of rows) for (const label of labelsOf(row)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { rows, labels: [...counts] };
}

class Dealer {
  readonly foldOf: Int32Array;
  /** How many rows have each label; the last counts all rows. */
  #total: Float64Array;
  /** The same in each fold. */
  #dealt: Float64Array[];
  /** Of each lot, with all its rows as the last one. */
  #counts: Lot["labels"][];

  constructor(
    private readonly lots: readonly Lot[],
    private readonly folds: number,
    rows: number,
    private readonly random: Random,
  ) {
    const last = lots.reduce(
      (most, { labels }) => labels.reduce((a, [label]) => Math.max(a, label + 1), most),
      0,
    );
    this.foldOf = new Int32Array(lots.length).fill(-1);
    this.#counts = lots.map(({ labels, rows }) => [...labels, [last, rows.length]]);
    this.#total = new Float64Array(last + 1);
    for (const counts of this.#counts) for (const [label, count] of counts) this.#total[label] += count;
    this.#total[last] = rows;
    this.#dealt = Array.from({ length: folds }, () => new Float64Array(last + 1));
  }

  deal(): void {
    const all = this.#total.length - 1;
    const left = this.#total.slice(0, all);
    const holders: number[][] = Array.from(left, () => []);
    // Large lots first, while there is room for them.
    const order = this.random.shuffle([...this.lots.keys()]).sort((a, b) => this.#size(b) - this.#size(a));
    for (const lot of order) for (const [label] of this.lots[lot].labels) holders[label].push(lot);
    const give = (lot: number, fold: number) => {
      this.#move(lot, fold);
      for (const [label, count] of this.lots[lot].labels) left[label] -= count;
    };
    for (;;) {
      let rarest = -1;
      for (let label = 0; label < all; label++)
        if (left[label] > 0 && (rarest < 0 || left[label] < left[rarest])) rarest = label;
      if (rarest < 0) break;
      for (const lot of holders[rarest]) if (this.foldOf[lot] < 0) give(lot, this.#neediest([rarest, all]));
    }
    for (const lot of order) if (this.foldOf[lot] < 0) give(lot, this.#neediest([all]));
  }

  improve(): void {
    const few = this.lots.length ** 2 <= 1e6;
    for (let round = 0; round < ROUNDS; round++) {
      let better = false;
      for (const lot of this.lots.keys()) better = this.#moveIfBetter(lot) || better;
      if (few) for (const lot of this.lots.keys()) better = this.#exchangeIfBetter(lot) || better;
      if (!better) return;
    }
  }

  #size(lot: number): number {
    return this.lots[lot].rows.length;
  }

  /** The fold that has least of the first label, of these least of the second; by chance among equals. */
  #neediest(labels: number[]): number {
    let folds = [...Array(this.folds).keys()];
    for (const label of labels) {
      const least = folds.reduce(
        (a, fold) => Math.min(a, this.#dealt[fold][label]),
        Number.POSITIVE_INFINITY,
      );
      folds = folds.filter((fold) => this.#dealt[fold][label] === least);
    }
    return folds.length === 1 ? folds[0] : folds[this.random.integer(folds.length)];
  }

  #move(lot: number, fold: number): void {
    const from = this.foldOf[lot];
    for (const [label, count] of this.#counts[lot]) {
      if (from >= 0) this.#dealt[from][label] -= count;
      this.#dealt[fold][label] += count;
    }
    this.foldOf[lot] = fold;
  }

  /** By how much Σ (share of a label in a fold - 1 / folds)² changes where a lot goes to another fold. */
  #change(lot: number, to: number): number {
    const [there, here] = [this.#dealt[to], this.#dealt[this.foldOf[lot]]];
    let change = 0;
    for (const [label, count] of this.#counts[lot])
      change += (2 * count * (there[label] - here[label] + count)) / this.#total[label] ** 2;
    return change;
  }

  #moveIfBetter(lot: number): boolean {
    let [best, least] = [-1, -1e-12];
    for (let fold = 0; fold < this.folds; fold++) {
      if (fold === this.foldOf[lot]) continue;
      const change = this.#change(lot, fold);
      if (change < least) [best, least] = [fold, change];
    }
    if (best >= 0) this.#move(lot, best);
    return best >= 0;
  }

  #exchangeIfBetter(lot: number): boolean {
    const from = this.foldOf[lot];
    for (let other = lot + 1; other < this.lots.length; other++) {
      const to = this.foldOf[other];
      if (to === from) continue;
      const first = this.#change(lot, to);
      this.#move(lot, to);
      if (first + this.#change(other, from) < -1e-12) {
        this.#move(other, from);
        return true;
      }
      this.#move(lot, from);
    }
    return false;
  }
}
