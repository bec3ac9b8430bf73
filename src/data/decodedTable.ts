import { InputError } from "../errors";
import { hasUtf16Mark, seemsUtf16, utf8Chunks } from "./encodings";
import { fileKind } from "./fileKind";
import type { TableFile } from "./openTable";

/**
 * A file of text, its bytes in UTF-8.
 *
 * @throws InputError for a binary file, and for UTF-16 that is not asked for and has no mark
 */
export function decodedTable(file: TableFile, encoding: string): TableFile {
  const { path, start, chunks } = file;
  const kind = fileKind(start);
  if (kind !== null) throw new InputError(`${path}: expected a table, got ${kind.what}; ${kind.cure}`);
  const marked = encoding === "utf-8" && hasUtf16Mark(start);
  if (encoding === "utf-8" && !marked) checkText(path, start);
  return { ...file, chunks: () => utf8Chunks(path, chunks(), marked ? "utf-16" : encoding, start) };
}

/** Throws where zero bytes show that a file, though it may be UTF-8 by chance, is something else. */
function checkText(path: string, start: Buffer): void {
  if (seemsUtf16(start))
    throw new InputError(
      `${path}, line 1: expected UTF-8, got UTF-16; pass encoding "utf-16" (--encoding utf-16)`,
    );
  if (start.filter((byte) => byte === 0).length > start.length / 50)
    throw new InputError(`${path}: expected a table, got a binary file; write it as CSV, TSV or JSON Lines`);
}
