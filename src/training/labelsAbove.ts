import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";

/**
 * What is said of each row with these thresholds, as `predict` says it with 0.5: the labels that are at least as probable, joined by spaces, or,
 * with one threshold for two classes, the second class where it is at least as probable and else the first.
 *
 * @param outputs probabilities `[rows · classes]`
 * @param classes the names of the labels, in the order of the outputs
 * @param thresholds as `fitThresholds` gives them
 * @throws InputError for thresholds that are not one for each label, and for outputs that are no whole rows
 * @example
 * ```ts
 * const said = labelsAbove(Float32Array.of(0.7, 0.3, 0.2, 0.1), ["toxic", "insult"], [0.4, 0.25]);
 * console.log(said); // ["toxic insult", ""]
 * ```
 */
export function labelsAbove(
  outputs: Float32Array,
  classes: readonly string[],
  thresholds: readonly number[],
): string[];
export function labelsAbove(
  outputs: Float32Array,
  classes: readonly string[],
  thresholds: readonly number[],
  ...more: unknown[]
): string[] {
  noOptions("labelsAbove", more);
  checkArguments("labelsAbove", { outputs, classes, thresholds });
  const width = classes.length;
  const second = width === 2 && thresholds.length === 1;
  if (thresholds.length !== width && !second)
    throw new InputError(
      `labelsAbove: expected ${width} thresholds, one for each of ${classes.join(", ")}, got ${thresholds.length}`,
    );
  if (outputs.length % width !== 0)
    throw new InputError(`labelsAbove: expected rows of ${width} outputs, got ${outputs.length} outputs`);
  return Array.from({ length: outputs.length / width }, (_, row) => {
    const of = outputs.subarray(row * width, (row + 1) * width);
    if (second) return classes[of[1] >= thresholds[0] ? 1 : 0];
    return classes.filter((_, c) => of[c] >= thresholds[c]).join(" ");
  });
}
