import type { InputError } from "../errors";
import { checkUtf8 } from "./encodings";
import type { TableFile } from "./openTable";

/**
 * The bytes of a text, in one piece.
 *
 * @throws InputError where they are no UTF-8, and what `tooLong` gives where there are more than `most`
 */
export async function wholeText(
  { path, chunks }: Pick<TableFile, "path" | "chunks">,
  most: number,
  tooLong: (path: string, size: number) => InputError,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks()) {
    parts.push(chunk);
    size += chunk.length;
    if (size > most) throw tooLong(path, size);
  }
  const bytes = Buffer.concat(parts);
  checkUtf8(path, bytes);
  return bytes;
}
