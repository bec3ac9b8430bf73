import { InputError } from "../errors";
import type { Row } from "./readTable";

/** The rows of a file of JSON objects: one a line, or all in one array. Columns in the order of their first appearance. */
export function jsonRows(
  path: string,
  bytes: Buffer,
  limit = Number.POSITIVE_INFINITY,
): { columns: string[]; rows: Row[] } {
  const columns = new Set<string>();
  const rows: Row[] = [];
  for (const [where, item] of items(path, bytes.toString("utf8").replace(/^\ufeff/, ""))) {
    if (item === null || typeof item !== "object" || Array.isArray(item))
      throw new InputError(
        `${where}: expected an object such as {"text": "…"}, got ${JSON.stringify(item).slice(0, 40)}`,
      );
    const row: Row = {};
    for (const [name, value] of Object.entries(item)) {
      columns.add(name);
      row[name] = cell(value, where, name);
    }
    rows.push(row);
    if (rows.length === limit) break;
  }
  for (const row of rows) for (const name of columns) row[name] ??= "";
  return { columns: [...columns], rows };
}

function* items(path: string, text: string): Generator<[where: string, item: unknown]> {
  if (/^\s*\[/.test(text)) {
    const list = parseAt(path, text) as unknown[];
    for (const [i, item] of list.entries()) yield [`${path}, item ${i + 1}`, item];
    return;
  }
  for (const [i, line] of text.split(/\r?\n/).entries())
    if (line.trim() !== "") yield [`${path}, line ${i + 1}`, parseAt(`${path}, line ${i + 1}`, line)];
}

function parseAt(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where}: expected JSON, got ${(error as Error).message}`);
  }
}

function cell(value: unknown, where: string, name: string): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  // 2^53 and above: JSON.parse has already rounded it, and an id that is nearly right is wrong.
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new InputError(
      `${where}: ${JSON.stringify(name)} holds a whole number beyond 2^53, which JSON readers round; write it as a string`,
    );
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
