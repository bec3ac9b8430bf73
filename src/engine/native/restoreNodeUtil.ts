/** Puts in place two functions that tfjs-node 4.22 calls, of which Node 22 warns on stderr and later ones lack some. */
export function restoreNodeUtil(): void {
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined = (x: unknown) => x === null || x === undefined;
  util.isArray = Array.isArray;
}
