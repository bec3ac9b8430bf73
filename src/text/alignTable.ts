import { greatest } from "../extremes";
/** Rows of cells as lines with aligned columns; the columns named in `right` stand on the right. */
export function alignTable(rows: string[][], right: readonly number[] = []): string {
  const widths = rows[0].map((_, column) => greatest(rows.map((row) => row[column].length)));
  const align = (cell: string, column: number) =>
    right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return rows.map((row) => row.map(align).join("  ").trimEnd()).join("\n");
}
