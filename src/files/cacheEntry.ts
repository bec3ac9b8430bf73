import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { FrostError } from "../errors";
import { LaterFormat } from "./checkFormat";
import { codeOf } from "./codeOf";
import { writeFully } from "./writeFully";

/** Fills an array with the entry's next bytes, as they were written. Throws where the entry is damaged. */
export type Read = (into: NodeJS.ArrayBufferView) => void;
/** Appends an array's bytes to the entry. */
export type Write = (from: NodeJS.ArrayBufferView) => void;

/**
 * Bytes in front of an entry's content: magic and version of the layout (8), key (32), length of the content (8), its CRC-32 (4),
 * CRC-32 of all that before (4).
 */
export const HEADER = 56;
const MAGIC = Buffer.from("frost\0\0", "latin1");
/** Of the layout, in the byte behind the magic; raised when entries are written otherwise. */
const FORMAT = 1;

/** An entry is not what it was written as. Whoever takes an entry's content throws it where that makes no sense. */
export class DamagedEntry extends FrostError {}

/**
 * An entry in an open file, read from front to back. Throws a DamagedEntry where it is not the one that was written under this key, a
 * LaterFormat where its layout is one of a later version of the kit.
 */
export class CacheEntry {
  readonly bytes: number;
  #file: number;
  #expected: number;
  #crc = 0;
  #at = 0;

  constructor(file: number, key: string) {
    const header = Buffer.alloc(HEADER);
    this.#file = file;
    this.#fill(header, 0);
    const whole =
      header.subarray(0, MAGIC.length).equals(MAGIC) &&
      header.toString("hex", 8, 40) === key &&
      crc32(header.subarray(0, 52)) === header.readUInt32LE(52);
    if (whole && header[MAGIC.length] > FORMAT) throw new LaterFormat("was written by a later frostkit");
    if (!whole) throw new DamagedEntry("not an entry of the kit's cache, or its header is damaged");
    this.bytes = Number(header.readBigUInt64LE(40));
    this.#expected = header.readUInt32LE(48);
    const { size } = fstatSync(file);
    if (size !== HEADER + this.bytes)
      throw new DamagedEntry(`expected ${HEADER + this.bytes} bytes, the file has ${size}`);
    this.#check();
  }

  read: Read = (into) => {
    const bytes = bytesOf(into);
    if (this.#at + bytes.length > this.bytes)
      throw new DamagedEntry(`holds ${this.bytes} bytes of content, which is less than was asked for`);
    this.#fill(bytes, HEADER + this.#at);
    this.#crc = crc32(bytes, this.#crc);
    this.#at += bytes.length;
    this.#check();
  };

  #check(): void {
    if (this.#at === this.bytes && this.#crc !== this.#expected)
      throw new DamagedEntry("its content is damaged (CRC-32)");
  }

  #fill(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      let count: number;
      try {
        count = readSync(this.#file, bytes, done, bytes.length - done, position + done);
      } catch (error) {
        throw new DamagedEntry(`cannot be read (${codeOf(error)})`);
      }
      if (count === 0) throw new DamagedEntry("ends early");
      done += count;
    }
  }
}

/** The header is written last, when the content's CRC is known. A crash of the machine can leave holes behind: the CRCs find them. */
export async function writeEntry(
  path: string,
  key: string,
  give: (write: Write) => void | Promise<void>,
): Promise<void> {
  const file = openSync(path, "wx", 0o600);
  try {
    let [at, crc] = [0, 0];
    await give((from) => {
      const bytes = bytesOf(from);
      writeFully(file, bytes, HEADER + at);
      crc = crc32(bytes, crc);
      at += bytes.length;
    });
    const header = Buffer.alloc(HEADER);
    MAGIC.copy(header);
    header[MAGIC.length] = FORMAT;
    header.write(key, 8, "hex");
    header.writeBigUInt64LE(BigInt(at), 40);
    header.writeUInt32LE(crc, 48);
    header.writeUInt32LE(crc32(header.subarray(0, 52)), 52);
    writeFully(file, header, 0);
  } finally {
    closeSync(file);
  }
}

const bytesOf = (view: NodeJS.ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
