import type { Table } from "./readTable";

/** How messages call a row: by its file and its number there, from 1. */
export function rowPlace({ path, files = [], rows }: Table, row: number): string {
  // Rows that were left out by hand since, or put in, lie elsewhere.
  if (files.reduce((sum, file) => sum + file.rows, 0) !== rows.length) return `${path}, row ${row + 1}`;
  let before = 0;
  for (const file of files) {
    if (row < before + file.rows) return `${file.path}, row ${row - before + 1}`;
    before += file.rows;
  }
  return `${path}, row ${row + 1}`;
}
