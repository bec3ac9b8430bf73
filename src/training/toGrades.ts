import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";

/**
 * Cuts the values of a regression into grades: the first below all cut points, the last from the highest cut point on.
 *
 * @param outputs values `[rows]`
 * @param cutPoints ascending, one fewer than grades, as `fitCutPoints` gives them
 * @throws InputError for cut points that do not ascend, or are not one fewer than grades
 * @example
 * ```ts
 * console.log(toGrades(Float32Array.of(0.2, 1.4, 2.6), [0.8, 2.1], [1, 2, 3])); // [1, 2, 3]
 * ```
 */
export function toGrades(
  outputs: ArrayLike<number>,
  cutPoints: readonly number[],
  grades: readonly number[],
): number[];
export function toGrades(
  outputs: ArrayLike<number>,
  cutPoints: readonly number[],
  grades: readonly number[],
  ...more: unknown[]
): number[] {
  noOptions("toGrades", more);
  checkArguments("toGrades", { outputs, cutPoints, grades });
  if (cutPoints.length !== grades.length - 1)
    throw new InputError(
      `toGrades: expected ${grades.length - 1} cut points between ${grades.length} grades, got ${cutPoints.length}`,
    );
  const wrong = cutPoints.findIndex((cut, i) => Number.isNaN(cut) || cut < cutPoints[i - 1]);
  if (wrong >= 0)
    throw new InputError(`toGrades: expected cut points that ascend, got ${cutPoints.join(", ")}`);
  return Array.from(outputs, (value) => grades[cutPoints.filter((cut) => value >= cut).length]);
}
