import { firstNotFinite } from "../check";
import { InputError } from "../errors";

/** Throws where a weight that is about to be written is NaN or infinite: a model with one in it says nothing. */
export function checkFinite(path: string, name: string, values: ArrayLike<number>): void {
  const at = firstNotFinite(values);
  if (at >= 0)
    throw new InputError(
      `${path}: expected finite weights to save, got ${values[at]} at element ${at} of ${name}; nothing was written`,
    );
}
