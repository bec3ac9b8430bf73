import assert from "node:assert/strict";
import { test } from "node:test";
import type { Labels } from "../../src/data/textDataset";
import { Random } from "../../src/random";
import { fitCutPoints } from "../../src/training/fitCutPoints";
import { metrics } from "../../src/training/metrics";
import { toGrades } from "../../src/training/toGrades";

const graded = (grades: ArrayLike<number>): Labels => ({
  problemType: "regression",
  values: Float32Array.from(grades),
});

/** The kit's metric, of whole grades as classes. */
function kappa(said: number[], truth: number[], grades: number[]): number {
  const classes = grades.map(String);
  const outputs = Float32Array.from(said.flatMap((grade) => grades.map((each) => (each === grade ? 1 : 0))));
  const ids = Int32Array.from(truth, (grade) => grades.indexOf(grade));
  const labels: Labels = { problemType: "single_label_classification", classes, ids };
  return metrics(outputs, labels, { metrics: ["quadraticKappa"] }).quadraticKappa;
}

/** Every way to cut: lists of cut points that do not descend, between all values and beyond them. */
function allCuts(values: number[], count: number): number[][] {
  if (count === 0) return [[]];
  const places = [...new Set(values), Number.POSITIVE_INFINITY];
  return allCuts(values, count - 1).flatMap((cuts) =>
    places
      .filter((place) => place >= (cuts.at(-1) ?? Number.NEGATIVE_INFINITY))
      .map((place) => [...cuts, place]),
  );
}

test("Values that lie apart are cut halfway between the grades", () => {
  const outputs = Float32Array.of(0.5, 2.5, 1, 1.5, 3);
  const { grades, cutPoints, quadraticKappa } = fitCutPoints(outputs, graded([1, 3, 1, 2, 3]));
  assert.deepEqual([grades, cutPoints, quadraticKappa], [[1, 2, 3], [1.25, 2], 1]);
  assert.deepEqual(toGrades(outputs, cutPoints, grades), [1, 3, 1, 2, 3]);
});

test("No other way to cut does better: all of them are tried, on random values with ties", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(seed, "cuts");
    const rows = 4 + random.integer(5);
    const truth = [1, 4, ...Array.from({ length: rows }, () => 1 + random.integer(4))];
    const values = truth.map((grade) => Math.round(grade / 2 + 4 * random.uniform()) / 2);
    const { grades, cutPoints, quadraticKappa } = fitCutPoints(Float32Array.from(values), graded(truth));
    const best = Math.max(
      ...allCuts(values, 3).map((cuts) => kappa(toGrades(values, cuts, grades), truth, grades)),
    );
    assert.ok(Math.abs(quadraticKappa - best) < 1e-12, `seed ${seed}: ${quadraticKappa}, best ${best}`);
    assert.ok(Math.abs(kappa(toGrades(values, cutPoints, grades), truth, grades) - best) < 1e-12);
  }
});

test("Fitted cut points do better than rounding where values are drawn to the middle", () => {
  const random = new Random(0, "essays");
  const truth = Array.from({ length: 2000 }, () =>
    Math.min(6, Math.max(1, Math.round(3 + 1.2 * random.normal()))),
  );
  const values = Float32Array.from(truth, (grade) => 3 + 0.4 * (grade - 3) + 0.3 * random.normal());
  const { grades, cutPoints, quadraticKappa } = fitCutPoints(values, graded(truth));
  const rounded = Array.from(values, (value) => Math.min(6, Math.max(1, Math.round(value))));
  assert.ok(quadraticKappa > kappa(rounded, truth, grades) + 0.1);
  assert.ok(Math.abs(quadraticKappa - kappa(toGrades(values, cutPoints, grades), truth, grades)) < 1e-12);
  assert.deepEqual(fitCutPoints(values, graded(truth)), { grades, cutPoints, quadraticKappa });
});

test("A grade that is best not said has equal cut points, and values that tell nothing a kappa of 0", () => {
  const { grades, cutPoints } = fitCutPoints(Float32Array.of(0, 0, 1, 1), graded([1, 1, 4, 4]));
  assert.deepEqual(
    [grades, cutPoints],
    [
      [1, 2, 3, 4],
      [0.5, 0.5, 0.5],
    ],
  );
  const same = fitCutPoints(Float32Array.of(2, 2, 2), graded([0, 1, 0]));
  assert.ok(Math.abs(same.quadraticKappa) < 1e-12);
  assert.deepEqual(toGrades([-9, 9], same.cutPoints, same.grades), [0, 0]);
});

test("What cannot be cut is told", () => {
  const refused = (call: () => unknown, message: string) =>
    assert.throws(call, { name: "InputError", message });
  const three = Float32Array.of(1, 2, 3);
  refused(() => fitCutPoints(three, graded([1, 2])), "fitCutPoints: expected 2 outputs for 2 rows, got 3");
  refused(
    () => fitCutPoints(three, graded([1, 2.5, 3])),
    "fitCutPoints: row 1: expected a whole number as its grade, got 2.5; multiply grades of halves by 2",
  );
  refused(
    () => fitCutPoints(three, graded([2, 2, 2])),
    "fitCutPoints: expected from 2 to 1000 grades, got one grade in all rows",
  );
  refused(
    () => fitCutPoints(Float32Array.of(1, Number.NaN, 3), graded([1, 2, 3])),
    "fitCutPoints: expected finite outputs, got NaN in row 1",
  );
  refused(
    () => fitCutPoints(three, { ...graded([1, 2, 3]), classes: ["a", "b", "c"] } as Labels),
    "fitCutPoints: expected a regression of one target, got 3 targets",
  );
  refused(() => toGrades([1], [0.5], [1, 2, 3]), "toGrades: expected 2 cut points between 3 grades, got 1");
  refused(() => toGrades([1], [2, 1], [1, 2, 3]), "toGrades: expected cut points that ascend, got 2, 1");
});
