import { CsvError, parse } from "csv-parse/sync";
import { InputError } from "../errors";
import { columnNames } from "./columnNames";
import { isQuoted, LINE_ENDS } from "./isQuoted";
import type { Row } from "./readTable";

/**
 * The rows of a CSV or TSV file by RFC 4180: a quoted cell may hold the delimiter, line breaks and doubled quotes. A TSV that was
 * written without quoting is read so: see `isQuoted`.
 */
export function delimitedRows(
  path: string,
  bytes: Buffer,
  delimiter: string,
  limit?: number,
): { columns: string[]; rows: Row[] } {
  checkDelimiter(path, bytes, delimiter);
  let columns: string[] = [];
  try {
    const rows = parse<Row>(bytes, {
      delimiter,
      quote: delimiter !== "\t" || isQuoted(path, bytes) ? '"' : false,
      bom: true,
      skip_empty_lines: true,
      // Named, not discovered: with a header in LF and rows in CRLF, discovery leaves a "\r" in every last cell.
      record_delimiter: LINE_ENDS,
      to: limit,
      columns: (header) => {
        columns = columnNames(header);
        return columns.map((name) => (name === "__proto__" ? PROTO : name));
      },
    });
    return { columns, rows: columns.includes("__proto__") ? rows.map(withProto) : rows };
  } catch (error) {
    throw error instanceof CsvError ? atLine(path, bytes, error) : error;
  }
}

/** Stands for the one name under which an object takes nothing by assignment. */
const PROTO = "\0__proto__";

const withProto = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, cell]) => [name === PROTO ? "__proto__" : name, cell]));

/** What cells are found to be set apart by, and how the option that reads them so spells it. */
const DELIMITERS: [delimiter: string, name: string, spelled: string][] = [
  [",", "commas", ","],
  ["\t", "tabs", "tab"],
  [";", "semicolons", ";"],
  ["|", "bars", "|"],
];

const linesOf = (text: string): string[] => text.split(/[\r\n]+/).filter((line) => line !== "");

/** So many lines are looked at to find the delimiter. */
const LOOKED_AT = 20;

/** Throws where the header's cells are set apart by something else, or every line's are and not by the delimiter. */
function checkDelimiter(path: string, bytes: Buffer, delimiter: string): void {
  const start = bytes.toString("utf8", 0, 2 ** 16).replace(/^\ufeff/, "");
  const [header = ""] = linesOf(start);
  const bare = linesOf(start.replaceAll(/"(?:[^"]|"")*"/g, "quoted")).slice(0, LOOKED_AT);
  if (bare.length === 0) return;
  const countsOf = (each: string) => bare.map((line) => line.split(each).length - 1);
  const even = (counts: number[]) => counts.length > 1 && counts.every((count) => count === counts[0]);
  const own = countsOf(delimiter);
  if (own[0] > 0 && even(own)) return;
  const other = DELIMITERS.find(([each]) => {
    const counts = countsOf(each);
    return each !== delimiter && counts[0] > 0 && (own[0] === 0 || even(counts));
  });
  if (!other) return;
  const expected = DELIMITERS.find(([each]) => each === delimiter)?.[1] ?? JSON.stringify(delimiter);
  const [, got, spelled] = other;
  throw new InputError(
    `${path}: expected cells set apart by ${expected}, got a header with ${got}: ${JSON.stringify(header.slice(0, 60))}; ` +
      `pass delimiter "${spelled}" (--delimiter "${spelled}")`,
  );
}

const quoteFaults: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opened here is never closed; close it, or write "" for a quote that is text',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote; write "" for a quote inside a quoted cell',
  INVALID_OPENING_QUOTE: 'a quote stands inside an unquoted cell; write such a cell as "5"" disk"',
};

const RAGGED = "CSV_RECORD_INCONSISTENT_COLUMNS";

function atLine(path: string, bytes: Buffer, error: CsvError): InputError {
  const fault =
    error.code === RAGGED
      ? `expected ${(error.columns as unknown[]).length} cells as in the header, got ` +
        `${(error.record as unknown[]).length}; quote a cell that holds the delimiter or a line break`
      : (quoteFaults[error.code] ?? error.message);
  return new InputError(`${path}, line ${lineOf(bytes, error)}: ${fault}`);
}

/**
 * The last line of a ragged row, or the line where the cell with a wrong quote begins. csv-parse's own `lines` counts a CRLF
 * inside quotes twice; its `bytes` say where the last good cell, or the ragged row, ended.
 */
function lineOf(bytes: Buffer, error: CsvError): number {
  const done = bytes.toString("latin1", 0, Number(error.bytes));
  const blank = /^[\r\n]*/.exec(bytes.toString("latin1", done.length))![0];
  const before = error.code === RAGGED ? done.replace(/(\r\n|\n|\r)$/, "") : done + blank;
  return (before.match(/\r\n|\n|\r/g)?.length ?? 0) + 1;
}
