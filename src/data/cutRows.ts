/** Rows of tokens that lost some to `maxLength`, by which those among taken rows are counted. */
export const cutRows = new WeakSet<Int32Array>();

/** How many of these rows lost tokens to `maxLength`. */
export const countCut = (inputIds: readonly Int32Array[]): number =>
  inputIds.reduce((count, ids) => count + (cutRows.has(ids) ? 1 : 0), 0);
