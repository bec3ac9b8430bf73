import { shown } from "../check";
import { InputError } from "../errors";
import { readNamed } from "./readNamed";

/**
 * Throws where a function that takes no options is handed more than its arguments, options or anything else: it would be passed over
 * in silence. What `map` hands on, an index and an array, is let by.
 */
export function noOptions(owner: string, rest: readonly unknown[]): void {
  if (rest.length === 2 && Number.isInteger(rest[0]) && Array.isArray(rest[1])) return;
  for (const more of rest) {
    if (typeof more === "object" && more !== null && !Array.isArray(more)) readNamed(owner, {}, more);
    else if (more !== undefined)
      throw new InputError(`${owner}: expected no further argument, got ${shown(more)}`);
  }
}
