import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { InputError } from "../errors";
import { codeOf } from "./codeOf";

/** The most that is read of a file in one piece: ten times the largest tokenizers that are published. */
const MOST = 2 ** 28;

/**
 * What a file holds. A pipe, whose end may never come, a device, which has none, and a file of more than `most` bytes are not read at all.
 *
 * @throws InputError naming the file and why it cannot be read; its `code` is Node's ("ENOENT"), or ENOTFILE for a pipe or a device and
 *   EFBIG for one that is too large
 */
export function readBytes(path: string, most = MOST): Buffer {
  const failure = (code: string | undefined, why: string) =>
    Object.assign(new InputError(`${path}: cannot be read (${why})`), { code });
  let file: number;
  try {
    file = openWithoutWaiting(path);
  } catch (error) {
    throw failure(codeOf(error), codeOf(error) ?? (error as Error).message);
  }
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw failure("EISDIR", "EISDIR");
    if (!stats.isFile()) throw failure("ENOTFILE", "it is a pipe or a device, not a file");
    if (stats.size > most)
      throw failure("EFBIG", `it has ${stats.size} bytes, more than such a file can have, ${most}`);
    const bytes = Buffer.allocUnsafe(stats.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Opens a file to read; the opening of a pipe, too, which waits otherwise until somebody writes to it. */
export const openWithoutWaiting = (path: string): number =>
  openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
