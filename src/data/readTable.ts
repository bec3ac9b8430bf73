import { open, readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { InputError } from "../errors";
import { endings } from "../files/endings";
import { hasEnding } from "../files/hasEnding";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { delimitedRows } from "./delimitedRows";
import { isUtf16, toUtf8 } from "./encodings";
import { fileKind, KIND_BYTES } from "./fileKind";
import { jsonRows } from "./jsonRows";

/** A row's cells by column name; every column is there, an empty cell is `""`. */
export type Row = Record<string, string>;

/** A table as it was read: every cell is text, whatever it means is decided by who uses it. */
export interface Table {
  /** The file it was read from. */
  path: string;
  /** Their names, in the order of the file. */
  columns: string[];
  /** In the order of the file. */
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
 * without a byte order mark; LF, CRLF or CR.
 *
 * Cells that something else sets apart than the name says are read where `delimiter` names it. Blank lines are skipped. JSON numbers and booleans become text, `null` and absent keys `""`. A column without a name is called
 * `Unnamed: 2` by its place, from 0, and one whose name was there before `text.1`, as pandas calls them.
 *
 * @param path the file
 * @throws InputError naming file and line: unreadable or unknown file, one that is an archive or a binary table, bytes that are not of
 *   the encoding, a row with too many or too few cells, an open quote, broken JSON, no rows
 * @example
 * ```ts
 * const table = await readTable("train.csv");
 * table.rows[0].text; // "Forest fire near La Ronge Sask. Canada"
 * ```
 */
export async function readTable(path: string, options: TableOptions = {}): Promise<Table> {
  const { limit, encoding, delimiter } = readOptions("readTable", options);
  checkArguments("readTable", { path });
  const extension = extname(path).toLowerCase();
  const known: string[] = [...endings.cells, ...endings.json];
  const start = await startOf(path);
  const kind = fileKind(start);
  if (kind !== null) throw new InputError(`${path}: expected a table, got ${kind.what}; ${kind.cure}`);
  if (encoding === "utf-8") checkText(path, start);
  if (hasEnding(path, endings.cells) && /^\ufeff?\s*(\{\s*"|\[\s*[[{])/.test(start.toString()))
    throw new InputError(
      `${path}: expected cells set apart by a character, got JSON; give it a name that ends in .json, or .jsonl where each line is an object`,
    );
  if (!known.includes(extension))
    throw new InputError(
      `${path}: expected a table in ${known.join(", ")}; convert it, or give it the name of what it is`,
    );
  const ofLines = hasEnding(path, endings.json);
  if (ofLines && delimiter !== undefined)
    throw new InputError(`delimiter: expected a CSV or TSV to read by it, got ${path}; leave it out`);
  const bytes = ofLines && encoding === "utf-8" ? null : await readWhole(path);
  const decoded = bytes && toUtf8(path, bytes, encoding);
  const { columns, rows } = ofLines
    ? await jsonRows(path, decoded, limit)
    : delimitedRows(path, decoded!, delimiter ?? (extension === ".tsv" ? "\t" : ","), limit);
  if (rows.length === 0)
    throw new InputError(
      `${path}: expected at least one row, got ${columns.length ? "a header alone" : "none"}`,
    );
  return { path, columns, rows };
}

/** Throws where zero bytes show that a file, though it may be UTF-8 by chance, is something else. */
function checkText(path: string, start: Buffer): void {
  if (isUtf16(start))
    throw new InputError(
      `${path}, line 1: expected UTF-8, got UTF-16; pass encoding "utf-16" (--encoding utf-16)`,
    );
  if (start.filter((byte) => byte === 0).length > start.length / 50)
    throw new InputError(`${path}: expected a table, got a binary file; write it as CSV, TSV or JSON Lines`);
}

const reasons: Record<string, string> = {
  ENOENT: "no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  ERR_FS_FILE_TOO_LARGE: "it has 2 GiB or more; split it, or write it as JSONL, which is read line by line",
};

const unreadable = (path: string) => (error: NodeJS.ErrnoException) => {
  throw new InputError(`${path}: cannot be read (${reasons[error.code ?? ""] ?? error.message})`);
};

const readWhole = (path: string): Promise<Buffer> => readFile(path).catch(unreadable(path));

async function startOf(path: string): Promise<Buffer> {
  const stats = await stat(path).catch(unreadable(path));
  // Opening a pipe that nobody writes to would never end.
  if (!stats.isFile() && !stats.isDirectory())
    throw new InputError(
      `${path}: expected a file, got a pipe or a device; write what comes out of it to a file`,
    );
  const file = await open(path).catch(unreadable(path));
  try {
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(KIND_BYTES), 0, KIND_BYTES)
      .catch(unreadable(path));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
