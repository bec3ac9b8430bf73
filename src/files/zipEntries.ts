import { InputError } from "../errors";
import type { OpenFile } from "./OpenFile";

/** Where an entry's bytes lie in the archive, and how. */
export interface ZipEntry {
  start: number;
  /** As they lie there. */
  packedBytes: number;
  /** Unpacked. */
  bytes: number;
  /** How they are packed: 0 is as they are, 8 deflated. */
  method: number;
  encrypted: boolean;
  /** CRC-32 of what it unpacks to. */
  crc: number;
}

// The least size of each record, by section of APPNOTE.TXT.
const END = 22;
const END_64 = 56;
const LOCATOR_64 = 20;
const CENTRAL = 46;
const LOCAL = 30;

/**
 * The entries of a zip archive by name, those above 4 GB included (PKWARE's APPNOTE.TXT, 4.3 and 4.5.3).
 *
 * @throws InputError naming the file when it is truncated or no such archive
 */
export function zipEntries(file: OpenFile): Map<string, ZipEntry> {
  const damaged = (what: string) =>
    new InputError(`${file.path}: ${what}: it is truncated or damaged, copy or download it again`);
  const read = (start: number, bytes: number): Buffer => {
    if (start < 0 || start + bytes > file.bytes)
      throw damaged(`its archive speaks of bytes ${start} to ${start + bytes}, but it has ${file.bytes}`);
    const buffer = Buffer.alloc(bytes);
    file.read(buffer, start);
    return buffer;
  };
  const { start, bytes, count } = findDirectory(file, read, damaged);
  const directory = read(start, bytes);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; entries.size < count; ) {
    if (at + CENTRAL > bytes || directory.readUInt32LE(at) !== 0x02014b50)
      throw damaged("its archive's directory breaks off");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) =>
      directory.readUInt16LE(at + field),
    );
    const name = directory.toString("utf8", at + CENTRAL, at + CENTRAL + nameBytes);
    const extra = directory.subarray(at + CENTRAL + nameBytes, at + CENTRAL + nameBytes + extraBytes);
    const sizes = wideSizes(directory, at, extra);
    if (entries.has(name)) throw damaged(`its archive holds ${JSON.stringify(name)} twice`);
    // The local header repeats the name and has an extra field of its own, by which torch aligns the data.
    const local = read(sizes.header, LOCAL);
    if (local.readUInt32LE(0) !== 0x04034b50)
      throw damaged(`its archive has no entry at byte ${sizes.header}`);
    const data = sizes.header + LOCAL + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (data + sizes.packed > file.bytes)
      throw damaged(
        `its entry ${JSON.stringify(name)} should end at byte ${data + sizes.packed}, but it has ${file.bytes}`,
      );
    const method = directory.readUInt16LE(at + 10);
    const encrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
    if (method === 0 && !encrypted && sizes.packed !== sizes.bytes)
      throw damaged(
        `its entry ${JSON.stringify(name)} lies there as it is, ${sizes.packed} bytes, but should have ${sizes.bytes}`,
      );
    entries.set(name, {
      start: data,
      packedBytes: sizes.packed,
      bytes: sizes.bytes,
      method,
      encrypted,
      crc: directory.readUInt32LE(at + 16),
    });
    at += CENTRAL + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

type Read = (start: number, bytes: number) => Buffer;

/** The directory's place, from the record at the very end of the file, before a comment of at most 65,535 bytes. */
function findDirectory(file: OpenFile, read: Read, damaged: (what: string) => InputError) {
  const tail = read(Math.max(0, file.bytes - END - 0xffff), Math.min(file.bytes, END + 0xffff));
  const at = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (at === -1 || at + END > tail.length) throw damaged("its archive has no end");
  const end = file.bytes - tail.length + at;
  const locator = end >= LOCATOR_64 ? read(end - LOCATOR_64, LOCATOR_64) : undefined;
  if (locator?.readUInt32LE(0) === 0x07064b50) {
    const wide = read(Number(locator.readBigUInt64LE(8)), END_64);
    if (wide.readUInt32LE(0) !== 0x06064b50) throw damaged("its archive has no end");
    const [count, bytes, start] = [32, 40, 48].map((field) => Number(wide.readBigUInt64LE(field)));
    return { start, bytes, count };
  }
  return {
    start: tail.readUInt32LE(at + 16),
    bytes: tail.readUInt32LE(at + 12),
    count: tail.readUInt16LE(at + 10),
  };
}

/** An entry's sizes and the place of its header; fields of all ones stand in the extra field with id 1, in this order. */
function wideSizes(
  directory: Buffer,
  at: number,
  extra: Buffer,
): { bytes: number; packed: number; header: number } {
  const [unpacked, stored] = [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20)];
  const header = directory.readUInt32LE(at + 42);
  let wide: Buffer = Buffer.alloc(0);
  for (let i = 0; i + 4 <= extra.length; i += 4 + extra.readUInt16LE(i + 2))
    if (extra.readUInt16LE(i) === 1) wide = extra.subarray(i + 4, i + 4 + extra.readUInt16LE(i + 2));
  let used = 0;
  const sizeOf = (value: number): number => {
    if (value !== 0xffffffff || used + 8 > wide.length) return value;
    used += 8;
    return Number(wide.readBigUInt64LE(used - 8));
  };
  const bytes = sizeOf(unpacked);
  const packed = sizeOf(stored);
  return { bytes, packed, header: sizeOf(header) };
}
