import { CsvError, parse } from "csv-parse/sync";
import { InputError } from "../errors";
import type { Row } from "./readTable";

/**
 * The rows of a CSV or TSV file by RFC 4180: a quoted cell may hold the delimiter, line breaks and doubled quotes.
 *
 * TSV is often written without any quoting (GLUE's files are), where a quote is a character like others. No quoting writer
 * leaves a bare quote inside a cell, so a TSV with such a quote is read as one without quoting.
 */
export function delimitedRows(
  path: string,
  bytes: Buffer,
  delimiter: "," | "\t",
  limit?: number,
): { columns: string[]; rows: Row[] } {
  let columns: string[] = [];
  const read = (quote: '"' | false): Row[] =>
    parse<Row>(bytes, {
      delimiter,
      quote,
      bom: true,
      skip_empty_lines: true,
      // Named, not discovered: with a header in LF and rows in CRLF, discovery leaves a "\r" in every last cell.
      record_delimiter: ["\r\n", "\n", "\r"],
      to: limit,
      columns: (header) => {
        columns = nameColumns(path, header);
        return columns;
      },
    });
  try {
    return { rows: read('"'), columns };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (delimiter === "," || !(error.code in quoteFaults)) throw atLine(path, bytes, error);
  }
  try {
    return { rows: read(false), columns };
  } catch (error) {
    throw error instanceof CsvError ? atLine(path, bytes, error) : error;
  }
}

function nameColumns(path: string, header: string[]): string[] {
  const names = header.map((name, i) =>
    name.trim() === "" && i === 0 && header.length > 1 ? "Unnamed: 0" : name,
  );
  names.forEach((name, i) => {
    if (name.trim() === "")
      throw new InputError(`${path}, line 1: expected a name for every column, got none for column ${i + 1}`);
    if (names.indexOf(name) < i)
      throw new InputError(`${path}, line 1: expected every column once, got ${JSON.stringify(name)} twice`);
  });
  return names;
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
