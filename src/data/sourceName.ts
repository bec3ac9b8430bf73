/** What messages call the rows of a table, or other rows, that may have been made by hand and then have come from no file. */
export const sourceName = (source: unknown, otherwise: string): string =>
  typeof source === "string" && source.trim() !== "" ? source : otherwise;
