import { InputError } from "../errors";
import { LONGEST_STRING } from "../text/longestString";
import { checkUtf8 } from "./encodings";

/**
 * The lines of a text that are not blank, without holding all of them.
 *
 * @throws InputError naming file and line where bytes are no UTF-8, or a line is too long for a string
 */
export async function* linesOf({
  path,
  chunks,
}: {
  path: string;
  chunks: () => AsyncIterable<Buffer>;
}): AsyncGenerator<{ line: string; number: number }> {
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (end: Buffer): string => {
    const bytes = parts.length > 0 ? Buffer.concat([...parts, end]) : end;
    parts = [];
    length = 0;
    number++;
    checkUtf8(path, bytes, number);
    const text = bytes.toString("utf8");
    return number === 1 ? text.replace(/^\ufeff/, "") : text;
  };
  for await (const chunk of chunks()) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = take(chunk.subarray(start, end));
      start = end + 1;
      if (line.trim() !== "") yield { line, number };
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LONGEST_STRING) throw tooLong(path, length);
  }
  const line = take(Buffer.alloc(0));
  if (line.trim() !== "") yield { line, number };
}

export const tooLong = (path: string, size: number): InputError =>
  new InputError(
    `${path}: expected JSON in one piece of at most 512 MB, got ${Math.floor(size / 2 ** 20)} MB or more; write one object a line, ` +
      'for instance by to_json("table.jsonl", orient="records", lines=True) of pandas',
  );
