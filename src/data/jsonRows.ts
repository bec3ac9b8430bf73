import { InputError } from "../errors";
import { isJson } from "../text/isJson";
import { parseJson } from "../text/json";
import { LONGEST_STRING } from "../text/longestString";
import { linesOf, tooLong } from "./linesOf";
import type { TableFile } from "./openTable";
import { pandasJson } from "./pandasJson";
import type { Row } from "./readTable";
import { wholeText } from "./wholeText";

type File = Pick<TableFile, "path" | "name" | "chunks">;

type Rows = { columns: string[]; rows: Row[] };

/** A row's object, and how messages call its place. */
type Item = [where: string, item: unknown];

/**
 * The rows of a file of JSON objects: one a line, however large the file, or all in one piece, as an array or as pandas writes tables.
 * Columns in the order of their first appearance.
 *
 * @param file whose chunks are UTF-8
 */
export async function jsonRows(file: File, limit = Number.POSITIVE_INFINITY): Promise<Rows> {
  const columns = new Set<string>();
  const found: Map<string, string>[] = [];
  for await (const [where, item] of itemsOf(file)) {
    if (item === null || typeof item !== "object" || Array.isArray(item))
      throw new InputError(
        `${where}: expected an object such as {"text": "…"}, got ${JSON.stringify(item).slice(0, 40)}`,
      );
    const row = new Map<string, string>();
    for (const [name, value] of Object.entries(item)) {
      columns.add(name);
      row.set(name, cell(value, where, name));
    }
    found.push(row);
    if (found.length === limit) break;
  }
  const names = [...columns];
  // Whatever a column is called: fromEntries defines "__proto__" where an assignment would not.
  const rows = found.map((row): Row => Object.fromEntries(names.map((name) => [name, row.get(name) ?? ""])));
  return { columns: names, rows };
}

async function* itemsOf(file: File): AsyncGenerator<Item> {
  const { path } = file;
  let first: { where: string; line: string } | null = null;
  for await (const { line, number } of linesOf(file)) {
    const where = `${path}, line ${number}`;
    if (first === null) {
      first = { where, line };
      // All in one piece, or one object over several lines.
      if (/^\s*\[/.test(line) || !isJson(line)) {
        yield* piece(file, await textOf(file), first);
        return;
      }
      continue;
    }
    if (first.line !== "") {
      yield [first.where, parseAt(first.where, first.line)];
      first.line = "";
    }
    yield [where, parseAt(where, line)];
  }
  // A file of one line may be one row or a whole table: its content decides.
  if (first?.line) yield* piece(file, first.line, first);
}

function* piece({ path, name }: File, text: string, first: { where: string; line: string }): Generator<Item> {
  if (/^\s*\[/.test(text)) {
    for (const [i, item] of (parseAt(path, text) as unknown[]).entries())
      yield [`${path}, item ${i + 1}`, item];
    return;
  }
  // Not one object either: the first line is what is wrong.
  const whole = isJson(text) && !/\.(jsonl|ndjson)$/i.test(name) ? pandasJson(path, text) : null;
  if (whole) for (const [i, item] of whole.entries()) yield [`${path}, row ${i + 1}`, item];
  else yield [first.where, parseAt(first.where, isJson(text) ? text : first.line)];
}

const textOf = async (file: File): Promise<string> =>
  (await wholeText(file, LONGEST_STRING, tooLong)).toString("utf8").replace(/^\ufeff/, "");

function parseAt(where: string, text: string): unknown {
  try {
    return parseJson(where, text);
  } catch (error) {
    const bare = /[:[,]\s*(NaN|-?Infinity)\b/.exec(text)?.[1];
    if (bare === undefined || isJson(text)) throw error;
    throw new InputError(
      `${where}: expected JSON, got ${bare}, which Python's json writes and JSON has not; write null, as pandas.to_json does`,
    );
  }
}

function cell(value: unknown, where: string, name: string): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  // 2^53 and above: JSON.parse has already rounded it, and an id that is nearly right is wrong.
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new InputError(
      `${where}: ${JSON.stringify(name)} holds a whole number beyond 2^53, which JSON readers round; write it as a string`,
    );
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
