import { parse } from "csv-parse/sync";
import { InputError } from "../errors";

/** What both readings of a TSV have in common. */
export const LINE_ENDS = ["\r\n", "\n", "\r"];

const WHOLE = /^"([^"]|"")*"$/;

/**
 * Whether a TSV was written with quotes around some cells, which may then hold tabs and line breaks, or without quoting, where a quote
 * is a character like others (GLUE's files are). The whole file decides, whatever part of it is read.
 *
 * A writer that quotes puts a cell with a quote in it into quotes and doubles those inside, so one cell that is otherwise speaks
 * against it. Where each line has its cells, no quoted cell goes over several lines, however quotes happen to balance.
 *
 * @throws InputError where a cell that closes lines later would swallow whole rows
 */
export function isQuoted(path: string, bytes: Buffer): boolean {
  if (!bytes.includes(0x22)) return false;
  let width = 0;
  let even = true;
  let bare = false;
  let quoted = false;
  for (const line of linesOf(bytes)) {
    if (line === "") continue;
    const cells = line.split("\t");
    width ||= cells.length;
    even &&= cells.length === width;
    for (const cell of cells.filter((cell) => cell.includes('"')))
      if (WHOLE.test(cell)) quoted = true;
      else bare = true;
  }
  if (even && (width > 1 || !bare)) return quoted && !bare;
  let rows: string[][];
  try {
    rows = parse(bytes, {
      delimiter: "\t",
      bom: true,
      skip_empty_lines: true,
      record_delimiter: LINE_ENDS,
      relax_column_count: true,
    });
  } catch {
    return false;
  }
  if (width === 1)
    throw new InputError(
      `${path}: holds quotes that may be text or may hold several lines together, which one column alone does not tell; write it as CSV or JSON Lines`,
    );
  for (const [i, row] of rows.entries())
    for (const cell of row)
      if (
        cell
          .split(/\r\n|\n|\r/)
          .slice(1, -1)
          .some((line) => line.split("\t").length === width)
      )
        throw new InputError(
          `${path}, row ${i}: a cell that opens with a quote goes over lines that look like rows of their own, from ` +
            `${JSON.stringify(cell.slice(0, 40))} on; write "" for a quote that is text, and as many cells in every row`,
        );
  return true;
}

function* linesOf(bytes: Buffer): Generator<string> {
  let start = bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  const find = (byte: number) => {
    const at = bytes.indexOf(byte, start);
    return at < 0 ? bytes.length : at;
  };
  let [lf, cr] = [find(0x0a), find(0x0d)];
  while (start < bytes.length) {
    if (lf < start) lf = find(0x0a);
    if (cr < start) cr = find(0x0d);
    const end = Math.min(lf, cr);
    // Latin-1 keeps bytes apart; tabs and quotes are the same in both.
    yield bytes.toString("latin1", start, end);
    start = end + (bytes[end] === 0x0d && bytes[end + 1] === 0x0a ? 2 : 1);
  }
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
