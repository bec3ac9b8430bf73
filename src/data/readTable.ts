import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { InputError } from "../errors";
import { readOptions } from "../options/readOptions";
import { delimitedRows } from "./delimitedRows";
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

/** How much of a table is read. */
export interface TableOptions {
  /** How many rows to read at most, from the top. Default: all. */
  limit?: number;
}

/**
 * Reads a table by its extension: `.csv` and `.tsv` with a header line, `.jsonl` and `.ndjson` with one object a line,
 * `.json` with an array of objects or one object a line. UTF-8, with or without a byte order mark; LF, CRLF or CR.
 *
 * Blank lines are skipped. JSON numbers and booleans become text, `null` and absent keys `""`. A first column without a
 * name (the index that pandas writes) is called `Unnamed: 0`, as pandas calls it.
 *
 * @param path the file
 * @throws InputError naming file and line: unreadable or unknown file, not UTF-8, a column without a name or twice, a row
 *   with too many or too few cells, an open quote, broken JSON, no rows
 * @example
 * ```ts
 * const table = await readTable("train.csv");
 * table.rows[0].text; // "Forest fire near La Ronge Sask. Canada"
 * ```
 */
export async function readTable(path: string, options: TableOptions = {}): Promise<Table> {
  const { limit } = readOptions("readTable", options);
  const read = readers[extname(path).toLowerCase()];
  if (read === undefined)
    throw new InputError(
      `${path}: expected a table in ${Object.keys(readers).join(", ")}; convert it, for a Parquet file by ` +
        `pandas.read_parquet(path).to_csv("table.csv", index=False)`,
    );
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: cannot be read (${reasons[error.code ?? ""] ?? error.message})`);
  });
  checkUtf8(path, bytes);
  const { columns, rows } = read(path, bytes, limit);
  if (rows.length === 0)
    throw new InputError(
      `${path}: expected at least one row, got ${columns.length ? "a header alone" : "none"}`,
    );
  return { path, columns, rows };
}

type Reader = (path: string, bytes: Buffer, limit?: number) => { columns: string[]; rows: Row[] };

const readers: Record<string, Reader> = {
  ".csv": (path, bytes, limit) => delimitedRows(path, bytes, ",", limit),
  ".tsv": (path, bytes, limit) => delimitedRows(path, bytes, "\t", limit),
  ".jsonl": jsonRows,
  ".ndjson": jsonRows,
  ".json": jsonRows,
};

const reasons: Record<string, string> = {
  ENOENT: "no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
};

function checkUtf8(path: string, bytes: Buffer): void {
  if (isUtf8(bytes)) return;
  // No byte of a longer UTF-8 sequence is 0x0a, so the lines can be checked one by one.
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (!isUtf8(bytes.subarray(start, end < 0 ? bytes.length : end))) break;
    start = end + 1;
  }
  const utf16 = ["fffe", "feff"].includes(bytes.toString("hex", 0, 2));
  throw new InputError(
    `${path}, line ${line}: expected UTF-8, got ${utf16 ? "UTF-16" : "other bytes"}; save the table as UTF-8, for instance by ` +
      `iconv -f ${utf16 ? "utf-16" : "latin1"} -t utf-8`,
  );
}
