import { readNamed } from "./readNamed";

/**
 * Throws where a function that takes no options is handed some behind its arguments: they would be passed over in silence. What is
 * no object is let by, as `map` hands on an index and an array.
 */
export function noOptions(owner: string, rest: readonly unknown[]): void {
  for (const more of rest)
    if (typeof more === "object" && more !== null && !Array.isArray(more)) readNamed(owner, {}, more);
}
