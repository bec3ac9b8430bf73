import { InputError } from "../errors";
import { endings } from "../files/endings";
import { hasEnding } from "../files/hasEnding";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { decodedTable } from "./decodedTable";
import { delimitedRows } from "./delimitedRows";
import { fileKind, PARQUET } from "./fileKind";
import { joinTables } from "./joinTables";
import { jsonRows } from "./jsonRows";
import { openTable } from "./openTable";
import { parquetRows } from "./parquetRows";
import { wholeText } from "./wholeText";

/** A row's cells by column name; every column is there, an empty cell is `""`. */
export type Row = Record<string, string>;

/** One of the files that make up a table. */
export interface TablePart {
  /** As it was given. */
  path: string;
  /** How many rows came from it. */
  rows: number;
}

/** A table as it was read: every cell is text, whatever it means is decided by who uses it. */
export interface Table {
  /** The file it was read from; several, joined by commas. */
  path: string;
  /** Of several files, how many rows came from each, so that messages name a row's own file. */
  files?: TablePart[];
  /** Their names, in the order of the file. */
  columns: string[];
  /** In the order of the file, and of the files. */
  rows: Row[];
}

/** How much of a table is read, and how. */
export interface TableOptions {
  /** How many rows to read at most, from the top. Default: all. */
  limit?: number;
  /**
   * How characters are written as bytes, by the name that Python or the web has for it: "windows-1252", "latin1", "gbk",
   * "utf-16". Default: "utf-8".
   */
  encoding?: string;
  /** What sets the cells of a CSV or TSV apart. Default: a comma in .csv, a tab in .tsv. */
  delimiter?: string;
}

/**
 * Reads a table by its extension: `.csv` and `.tsv` with a header line, `.jsonl` and `.ndjson` with one object a line,
 * `.json` with an array of objects, one object a line, or a table as pandas' `to_json` writes it in whatever orientation. With or
 * without a byte order mark, of UTF-16 too; LF, CRLF or CR. The file may be packed by gzip, or be the one table in a ZIP archive. Parquet
 * is known by its first bytes; its cells are spelled as pandas' `to_csv` spells them, lists and structs as JSON.
 *
 * Several files are read one after the other and have to have the same columns, in whatever order.
 *
 * Cells that something else sets apart than the name says are read where `delimiter` names it. Blank lines are skipped. JSON numbers and booleans become text, `null` and absent keys `""`. A column without a name is called
 * `Unnamed: 2` by its place, from 0, and one whose name was there before `text.1`, as pandas calls them.
 *
 * @param path the file, or a list of files
 * @throws InputError naming file and line: unreadable or unknown file, a binary table, an archive of several files, bytes that are not of
 *   the encoding, a row with too many or too few cells, an open quote, broken JSON, no rows, files of other columns than the first
 * @example
 * ```ts
 * const table = await readTable("train.csv");
 * table.rows[0].text; // "Forest fire near La Ronge Sask. Canada"
 * ```
 */
export async function readTable(
  path: string | readonly string[],
  options: TableOptions = {},
): Promise<Table> {
  const { limit, ...how } = readOptions("readTable", options);
  checkArguments("readTable", { path });
  const paths = typeof path === "string" ? [path] : path;
  const twice = paths.find((each, i) => paths.indexOf(each) < i);
  if (twice !== undefined) throw new InputError(`path: expected each file once, got ${twice} twice`);
  const tables: Table[] = [];
  let left = limit;
  for (const each of paths) {
    if (left === 0) break;
    const table = await readOne(each, { ...how, limit: left });
    tables.push(table);
    if (left !== undefined) left -= table.rows.length;
  }
  return joinTables(tables);
}

async function readOne(
  path: string,
  { limit, encoding, delimiter }: TableOptions & { encoding: string },
): Promise<Table> {
  const file = await openTable(path);
  const { start, name } = file;
  if (fileKind(start)?.what === PARQUET && name === path) {
    checkNoneOf("encoding", encoding === "utf-8" ? undefined : encoding, path);
    checkNoneOf("delimiter", delimiter, path);
    return filled(path, await parquetRows(path, limit));
  }
  const decoded = decodedTable(file, encoding);
  if (hasEnding(name, endings.cells) && /^\ufeff?\s*(\{\s*"|\[\s*[[{])/.test(start.toString()))
    throw new InputError(
      `${file.path}: expected cells set apart by a character, got JSON; give it a name that ends in .json, or .jsonl where each line is an object`,
    );
  const known: string[] = [...endings.cells, ...endings.json, ...endings.parquet];
  if (!hasEnding(name, known))
    throw new InputError(
      `${file.path}: expected a table in ${known.join(", ")}; convert it, or give it the name of what it is`,
    );
  if (hasEnding(name, endings.parquet))
    throw new InputError(
      `${file.path}: expected a Parquet file, as its name says, got another; give it the name of what it is`,
    );
  const ofLines = hasEnding(name, endings.json);
  if (ofLines) checkNoneOf("delimiter", delimiter, file.path);
  if (ofLines) return filled(file.path, await jsonRows(decoded, limit));
  const apart = delimiter ?? (hasEnding(name, [".tsv"]) ? "\t" : ",");
  return filled(
    file.path,
    delimitedRows(file.path, await wholeText(decoded, MOST_BYTES, tooLarge), apart, limit),
  );
}

function filled(path: string, { columns, rows }: Pick<Table, "columns" | "rows">): Table {
  if (rows.length === 0)
    throw new InputError(
      `${path}: expected at least one row, got ${columns.length ? "a header alone" : "none"}`,
    );
  return { path, columns, rows };
}

/** Throws where an option of texts was given for a file that says by itself how it is read. */
function checkNoneOf(name: string, given: string | undefined, path: string): void {
  if (given !== undefined)
    throw new InputError(
      `${name}: expected a ${name === "delimiter" ? "CSV or TSV" : "text"} to read by it, got ${path}; leave it out`,
    );
}

/** Cells are read in one piece of less than 2 GiB. */
const MOST_BYTES = 2 ** 31 - 1;

const tooLarge = (path: string): InputError =>
  new InputError(
    `${path}: cannot be read (it has 2 GiB or more; split it, or write it as JSONL, which is read line by line)`,
  );
