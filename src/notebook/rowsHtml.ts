import { escapeHtml } from "../text/escapeHtml";
import { formatScore } from "../text/numbers";
import { oneLine } from "../text/oneLine";

/** A row to be shown: what stands in each column. */
export type ShownRow = { [column: string]: string | number | boolean | null };

/** Rows as a table, the columns those of the first row; numbers stand on the right. */
export function rowsHtml(rows: ShownRow[]): string {
  const columns = Object.keys(rows[0]);
  const head = columns.map(
    (name) => `<th style="text-align: ${alignOf(rows[0][name])}">${escapeHtml(name)}</th>`,
  );
  const body = rows.map(
    (row) =>
      `<tr>${columns.map((name) => `<td style="text-align: ${alignOf(row[name])}; overflow-wrap: anywhere">${escapeHtml(cellText(row[name]))}</td>`).join("")}</tr>`,
  );
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table>`;
}

/** The same without HTML: a line for each row, tabs between its cells. */
export function rowsText(rows: ShownRow[]): string {
  const columns = Object.keys(rows[0]);
  return (
    [columns, ...rows.map((row) => columns.map((name) => cellText(row[name])))]
      // A row a line and a cell between tabs, whatever a text holds.
      .map((cells) => cells.map(oneLine).join("\t"))
      .join("\n")
  );
}

function cellText(value: ShownRow[string] | undefined): string {
  if (typeof value === "number" && !Number.isInteger(value)) return formatScore(value);
  return value === undefined || value === null ? "" : String(value);
}

const alignOf = (value: ShownRow[string]): string => (typeof value === "number" ? "right" : "left");
