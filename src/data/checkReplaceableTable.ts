import { closeSync, openSync, readSync } from "node:fs";
import { InputError } from "../errors";
import { checkNoFolder } from "../files/checkNoFolder";
import { statIfThere } from "../files/statIfThere";
import { csvText } from "./csvText";

/**
 * Finds out whether a CSV may be written where one is already: only over an empty file, or over one that begins with the same columns, as
 * what was written before does. Any other table is somebody's.
 *
 * @param headers the columns about to be written, and others that an earlier table may have had
 * @param option of the command line that names the path, for errors
 * @throws InputError naming the path and what is there
 */
export function checkReplaceableTable(path: string, headers: readonly string[][], option?: string): void {
  checkNoFolder(path, option);
  const size = statIfThere(path)?.size ?? 0;
  if (size === 0 || headers.some((header) => beginsWith(path, csvText([header])))) return;
  throw new InputError(
    `${option ?? path}: expected no file, or a table with the columns ${headers[0].join(", ")}, got another file${
      option === undefined ? "" : `, ${path}`
    }; name a new one, or remove this one`,
  );
}

function beginsWith(path: string, text: string): boolean {
  const expected = Buffer.from(text);
  const start = Buffer.alloc(expected.length);
  const file = openSync(path, "r");
  try {
    return readSync(file, start) === expected.length && start.equals(expected);
  } finally {
    closeSync(file);
  }
}
