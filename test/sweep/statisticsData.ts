import type { Labels } from "../../src/data/labels";
import type { WeightedScore } from "../../src/sweep/weightedScore";

/** 200 rows that Python makes alike: labels and what two models say of each, as probabilities of two classes and as numbers. */
const rows = Array.from({ length: 200 }, (_, i) => i);
const isOne = (i: number) => (i * 7) % 10 < 4;
const says = (mult: number, add: number) =>
  rows.map((i) => Math.fround(0.65 * ((((i * mult + add) % 97) + 1) / 99) + (isOne(i) ? 0.3 : 0) + 0.02));
const binary = (p: number[]) => Float32Array.from(p.flatMap((x) => [1 - x, x]));
const number = (i: number) => (i % 13) - 6;

export const classified = {
  labels: {
    problemType: "single_label_classification",
    classes: ["no", "yes"],
    ids: Int32Array.from(rows, (i) => (isOne(i) ? 1 : 0)),
  } satisfies Labels,
  ours: binary(says(31, 5)),
  theirs: binary(says(57, 11)),
};

export const measured = {
  labels: { problemType: "regression", values: Float32Array.from(rows, number) } satisfies Labels,
  ours: Float32Array.from(rows, (i) => number(i) + (((i * 17) % 11) - 5) / 4),
  theirs: Float32Array.from(rows, (i) => number(i) + (((i * 29) % 19) - 9) / 6),
};

/** The mean of values as a score. */
export const meanOf = (values: ArrayLike<number>): WeightedScore => ({
  of(weights) {
    let [sum, total] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      sum += weights[i] * values[i];
      total += weights[i];
    }
    return sum / total;
  },
  rows: values.length,
  work: 1,
});
