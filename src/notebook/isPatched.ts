/**
 * Whether this patch was put on an object of tslab's before; from now on it counts as put. Several copies of the kit may meet in one
 * kernel, and a cell may import it again.
 */
export function isPatched(target: object, patch: string): boolean {
  const mark = Symbol.for(`frostkit.${patch}`);
  if (mark in target) return true;
  Object.defineProperty(target, mark, { value: true });
  return false;
}
