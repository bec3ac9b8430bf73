import { checkInteger } from "../check";
import { InputError } from "../errors";

/** The depths, each once; throws where there is none, or one that a model of so many blocks has not. */
export function checkDepths(depths: readonly number[], depth: number): number[] {
  if (depths.length === 0)
    throw new InputError(`n: expected at least one depth from -1 to ${depth}, got none`);
  for (const value of depths) checkInteger("n", value, -1, depth);
  return [...new Set(depths)];
}
