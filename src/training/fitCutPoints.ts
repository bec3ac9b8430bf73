import { firstNotFinite } from "../check";
import type { Labels } from "../data/labels";
import { InputError } from "../errors";
import { greatest, least } from "../extremes";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { checkLabels } from "./checkLabels";

/** Where the values of a regression are cut into grades, and what that comes to. */
export interface CutPoints {
  /** The grades in their order: every whole number from the lowest that occurs to the highest. */
  grades: number[];
  /** From which value on a row has the second grade, the third, …: one fewer than grades, none below the one before. */
  cutPoints: number[];
  /** Quadratic weighted kappa of the rows that they were fitted on. */
  quadraticKappa: number;
}

/**
 * The cut points that make grades of a regression's values with the highest quadratic weighted kappa (Cohen 1968), for competitions
 * that grade essays or eyes. Fit them on out-of-fold values. `toGrades` cuts others by them.
 *
 * The search is exact. With the true grades given, kappa is 1 less a quotient of two sums over the rows, of (said - true)² and of the mean
 * of (said - grade)² over all true grades; its least value over all ways to cut is found by dynamic programming over the sorted values,
 * repeated as Dinkelbach (1967) does for quotients. A cut point lies halfway between the two values that it parts. A grade that is best not
 * said of any row has equal cut points on both sides, the lowest and the highest grade one at -Infinity or Infinity.
 *
 * @param outputs values `[rows]`, as `predict` gives them of a regression
 * @param labels of a regression of one target, whole numbers of at least two grades and at most a thousand
 * @throws InputError for other labels, and for outputs that are not one for each row, or not finite
 * @example
 * ```ts
 * const values = Float32Array.of(1.2, 1.6, 2.2, 2.4); // as `predict` gives them, of rows that the model was not trained on
 * const essays = { problemType: "regression" as const, values: Float32Array.of(1, 2, 3, 3) };
 * const { cutPoints, grades } = fitCutPoints(values, essays);
 * console.log(toGrades(values, cutPoints, grades)); // [1, 2, 3, 3]
 * ```
 */
export function fitCutPoints(outputs: Float32Array, labels: Labels): CutPoints;
export function fitCutPoints(outputs: Float32Array, labels: Labels, ...more: unknown[]): CutPoints {
  noOptions("fitCutPoints", more);
  checkArguments("fitCutPoints", { outputs, labels });
  const truth = gradesOf(outputs, labels);
  const [lowest, highest] = [least(truth), greatest(truth)];
  const grades = Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i);
  const places = valuesOf(outputs, truth, grades);
  // Σ over the rows of (said - drawn)², where `drawn` is another row's true grade, for each grade that may be said.
  const apart = grades.map(
    (grade) => truth.reduce((sum, each) => sum + (grade - each) ** 2, 0) / truth.length,
  );
  // Starts with all rows in one grade; each turn lowers the quotient until no way to cut has a lower one.
  let said = places.map(() => 0);
  let ratio = quotient(places, said, apart);
  for (;;) {
    const bonus = apart.map((each) => ratio * each);
    const better = cheapest(places, bonus);
    const next = quotient(places, better, apart);
    if (!(next < ratio)) break;
    [said, ratio] = [better, next];
  }
  return { grades, cutPoints: cutsOf(places, said, grades.length), quadraticKappa: 1 - ratio };
}

/** One of the values that are said, and Σ (grade - true)² of its rows for each grade. */
interface Place {
  value: number;
  rows: number;
  squares: Float64Array;
}

function gradesOf(outputs: Float32Array, labels: Labels): Float32Array {
  if (labels.problemType !== "regression" || (labels.classes?.length ?? 1) > 1)
    throw new InputError(
      `fitCutPoints: expected a regression of one target, got ${labels.problemType === "regression" ? `${labels.classes!.length} targets` : labels.problemType}`,
    );
  const truth = labels.values;
  checkLabels("fitCutPoints", labels, truth.length);
  if (outputs.length !== truth.length)
    throw new InputError(
      `fitCutPoints: expected ${truth.length} outputs for ${truth.length} rows, got ${outputs.length}`,
    );
  const at = firstNotFinite(outputs);
  if (at >= 0) throw new InputError(`fitCutPoints: expected finite outputs, got ${outputs[at]} in row ${at}`);
  const part = truth.findIndex((grade) => !Number.isInteger(grade));
  if (part >= 0)
    throw new InputError(
      `fitCutPoints: row ${part}: expected a whole number as its grade, got ${truth[part]}; multiply grades of halves by 2`,
    );
  const spread = truth.length === 0 ? 0 : greatest(truth) - least(truth);
  if (spread < 1 || spread > 999)
    throw new InputError(
      `fitCutPoints: expected from 2 to 1000 grades, got ${spread < 1 ? "one grade in all rows" : `${least(truth)} to ${greatest(truth)}`}`,
    );
  return truth;
}

/** Each value once, ascending. */
function valuesOf(outputs: Float32Array, truth: Float32Array, grades: number[]): Place[] {
  const places: Place[] = [];
  for (const row of Int32Array.from(outputs.keys()).sort((a, b) => outputs[a] - outputs[b])) {
    if (places.at(-1)?.value !== outputs[row])
      places.push({ value: outputs[row], rows: 0, squares: new Float64Array(grades.length) });
    const place = places.at(-1)!;
    place.rows++;
    for (const [g, grade] of grades.entries()) place.squares[g] += (grade - truth[row]) ** 2;
  }
  return places;
}

/** What kappa is 1 less, where `said` is the grade of each place. */
function quotient(places: Place[], said: number[], apart: number[]): number {
  let [squares, chance] = [0, 0];
  for (const [i, { rows, squares: of }] of places.entries()) {
    squares += of[said[i]];
    chance += rows * apart[said[i]];
  }
  return squares / chance;
}

/** The grades, none below the one before, with the least Σ squares - rows · bonus; of equally good ones the lowest at the end. */
function cheapest(places: Place[], bonus: number[]): number[] {
  const count = bonus.length;
  let costs = new Float64Array(count);
  // The grade of the place before where this one has grade g.
  const from = places.map(({ rows, squares }) => {
    const next = new Float64Array(count);
    const origin = new Int32Array(count);
    let lowest = 0;
    for (let g = 0; g < count; g++) {
      if (costs[g] < costs[lowest]) lowest = g;
      origin[g] = lowest;
      next[g] = costs[lowest] + squares[g] - rows * bonus[g];
    }
    costs = next;
    return origin;
  });
  const said = new Array<number>(places.length);
  let grade = costs.indexOf(least(costs));
  for (let i = places.length - 1; i >= 0; i--) {
    said[i] = grade;
    grade = from[i][grade];
  }
  return said;
}

function cutsOf(places: Place[], said: number[], grades: number): number[] {
  return Array.from({ length: grades - 1 }, (_, cut) => {
    const above = said.findIndex((grade) => grade > cut);
    if (above < 0) return Number.POSITIVE_INFINITY;
    return above === 0 ? Number.NEGATIVE_INFINITY : (places[above - 1].value + places[above].value) / 2;
  });
}
