import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";

/**
 * The weighted sum of what several models say of the same rows: of test rows by the weights that `fitEnsemble` found on others.
 *
 * @param outputs of each model probabilities or values `[rows · labels]`, of the same rows in the same order
 * @param weights one for each model
 * @throws InputError for outputs that are not equally long, and for weights that are not one finite number for each
 * @example
 * ```ts
 * const said = blend([Float32Array.of(0.9, 0.1), Float32Array.of(0.5, 0.5)], [0.75, 0.25]);
 * console.log(said); // [0.8, 0.2]
 * ```
 */
export function blend(outputs: readonly Float32Array[], weights: readonly number[]): Float32Array;
export function blend(
  outputs: readonly Float32Array[],
  weights: readonly number[],
  ...more: unknown[]
): Float32Array {
  noOptions("blend", more);
  checkArguments("blend", { outputs, weights });
  checkEquallyLong("blend", outputs);
  if (weights.length !== outputs.length)
    throw new InputError(`blend: expected ${outputs.length} weights, one a model, got ${weights.length}`);
  const wrong = weights.findIndex((weight) => !Number.isFinite(weight));
  if (wrong >= 0) throw new InputError(`blend: expected finite weights, got ${weights[wrong]}`);
  return outputs[0].map((_, i) => outputs.reduce((sum, each, m) => sum + weights[m] * each[i], 0));
}

/** Throws for outputs that cannot be of the same rows. */
export function checkEquallyLong(name: string, outputs: readonly Float32Array[]): void {
  const other = outputs.findIndex(({ length }) => length !== outputs[0].length);
  if (other > 0)
    throw new InputError(
      `${name}: expected outputs of the same rows, got ${outputs[0].length} of the first model and ${outputs[other].length} of number ${other + 1}`,
    );
}
