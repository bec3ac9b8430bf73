import { isUtf8 } from "node:buffer";
import { InputError } from "../errors";

/** What 0x80 to 0x9f stand for in Windows-1252, which is Latin-1 elsewhere; a blank stands where there is no character. */
const WINDOWS_1252 = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/** Bytes of a message's guess are decoded in pieces of this size, since a JavaScript string ends at 2²⁹ characters. */
const PIECE = 2 ** 26;

/**
 * A text in UTF-8, piece by piece: as it is where it is UTF-8 already, which whoever reads it checks.
 *
 * @param start its first bytes, by which UTF-16 tells the order of its own
 * @throws InputError where bytes are none of the encoding
 */
export async function* utf8Chunks(
  path: string,
  chunks: AsyncIterable<Buffer>,
  encoding: string,
  start: Buffer,
): AsyncGenerator<Buffer> {
  if (encoding === "utf-8") {
    yield* chunks;
    return;
  }
  const decoder = decoderOf(encoding, start);
  const decode = (piece: Buffer, more: boolean): Buffer => {
    try {
      return Buffer.from(decoder(piece, more));
    } catch {
      throw new InputError(
        `${path}: expected ${encoding}, as was asked for, got bytes that are none; name the encoding it was saved in`,
      );
    }
  };
  for await (const chunk of chunks) yield decode(chunk, true);
  yield decode(Buffer.alloc(0), false);
}

function decoderOf(encoding: string, bytes: Buffer): (piece: Buffer, more: boolean) => string {
  if (encoding === "latin1") return (piece) => piece.toString("latin1");
  if (encoding === "windows-1252")
    return (piece) =>
      piece.toString("latin1").replaceAll(/[\x80-\x9f]/g, (character) => {
        const meant = WINDOWS_1252[character.charCodeAt(0) - 0x80];
        if (meant === " ") throw new RangeError("no character of Windows-1252");
        return meant;
      });
  const label = encoding === "utf-16" ? (bytes[0] === 0xfe ? "utf-16be" : "utf-16le") : encoding;
  const decoder = new TextDecoder(label, { fatal: true });
  return (piece, stream) => decoder.decode(piece, { stream });
}

/** Throws where bytes are no UTF-8, and names their first line; `line` is the number of the first one. */
export function checkUtf8(path: string, bytes: Buffer, line = 1): void {
  if (isUtf8(bytes)) return;
  // No byte of a longer UTF-8 sequence is 0x0a, so the lines can be checked one by one.
  for (let start = 0, number = line; ; number++) {
    const end = bytes.indexOf(0x0a, start);
    const own = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(own))
      throw new InputError(`${path}, line ${number}: expected UTF-8, got ${guess(bytes, own)}`);
    start = end + 1;
  }
}

/** What bytes may be that are no UTF-8, with the option that reads them so. */
function guess(bytes: Buffer, line: Buffer): string {
  const at = badByte(line);
  const byte = `the byte 0x${line[at].toString(16)}`;
  const start = Math.max(0, at - 12);
  try {
    // One that has no character in Windows-1252 anywhere in the file speaks against it.
    for (let from = 0; from < bytes.length; from += PIECE)
      decoderOf("windows-1252", bytes)(bytes.subarray(from, from + PIECE), false);
    const shown = decoderOf("windows-1252", line)(line.subarray(start, at + 12), false).trim();
    return (
      `${byte}, which in Windows-1252 reads ${JSON.stringify(shown)}; ` +
      'if that is right, pass encoding "windows-1252" (--encoding windows-1252), else the one it was saved in'
    );
  } catch {
    return `${byte}; pass the encoding that the file was saved in (--encoding), such as gbk, shift_jis or windows-1251`;
  }
}

/** The first byte that is part of no UTF-8 character. */
function badByte(line: Buffer): number {
  for (let at = 0; at < line.length; ) {
    const length = line[at] < 0x80 ? 1 : line[at] < 0xe0 ? 2 : line[at] < 0xf0 ? 3 : 4;
    if (at + length > line.length || !isUtf8(line.subarray(at, at + length))) return at;
    at += length;
  }
  return 0;
}

/** Whether a text begins with the byte order mark of UTF-16, which no other text does. */
export const hasUtf16Mark = (bytes: Buffer): boolean =>
  ["fffe", "feff"].includes(bytes.toString("hex", 0, 2));

/** Whether it seems to be UTF-16 by the zeros that the letters of a header have in it. */
export function seemsUtf16(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 64);
  const zeros = [0, 1].map((odd) => start.filter((byte, i) => byte === 0 && i % 2 === odd).length);
  return start.length > 3 && Math.max(...zeros) > 0.4 * start.length && Math.min(...zeros) === 0;
}
