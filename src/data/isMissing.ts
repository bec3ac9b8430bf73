/** What pandas' `read_csv` reads as missing unless told otherwise: its `na_values`. */
const MISSING = new Set([
  ...["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"],
  ...["<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"],
]);

/** Whether a cell, blanks around it aside, holds nothing, by whatever word a writer has for that. */
export const isMissing = (cell: string): boolean => MISSING.has(cell.trim());
