/** Puts back two functions that Node 23 removed and tfjs-node 4.22 calls. */
export function restoreNodeUtil(): void {
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  util.isArray ??= Array.isArray;
}
