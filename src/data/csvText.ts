/** Rows as CSV by RFC 4180, lines ended by LF as pandas writes them. */
export function csvText(rows: string[][]): string {
  return rows.map((row) => `${row.map(quote).join(",")}\n`).join("");
}

const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
