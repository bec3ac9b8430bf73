import assert from "node:assert/strict";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OpenFile } from "../../src/files/OpenFile";
import { zipEntries } from "../../src/files/zipEntries";
import { makeFolder, writeBytes } from "../checkpoint/madeByHand";

interface Entry {
  name: string;
  header: number;
  bytes: number;
  /** As they lie there, where that is another number. */
  packed?: number;
}

/** Little-endian numbers, each given with its size in bytes. */
function numbers(...pairs: [value: number, bytes: number][]): Buffer {
  return Buffer.concat(
    pairs.map(([value, bytes]) => {
      const buffer = Buffer.alloc(Math.max(8, bytes));
      buffer.writeBigUInt64LE(BigInt(value));
      return buffer.subarray(0, bytes);
    }),
  );
}

/** What precedes an entry's data; its own extra field pads it, as torch's does. */
const localHeader = (name: string, padding: number) =>
  Buffer.concat([
    numbers([0x04034b50, 4], [0, 22], [name.length, 2], [padding, 2]),
    Buffer.from(name),
    Buffer.alloc(padding),
  ]);

/** A directory entry with both sizes and the place in the extra field, as archives above 4 GB have them. */
function wideEntry({ name, header, bytes, packed = bytes }: Entry): Buffer {
  const none = 0xffffffff;
  const other = numbers([0x5455, 2], [1, 2], [7, 1]);
  const extra = Buffer.concat([other, numbers([1, 2], [24, 2], [bytes, 8], [packed, 8], [header, 8])]);
  return Buffer.concat([
    numbers([0x02014b50, 4], [0, 16], [none, 4], [none, 4], [name.length, 2], [extra.length, 2], [0, 2]),
    numbers([0, 8], [none, 4]),
    Buffer.from(name),
    extra,
  ]);
}

/** The records after the directory: the end for large archives, its locator, and the end for small ones. */
const ends = (start: number, bytes: number, count: number) =>
  Buffer.concat([
    numbers([0x06064b50, 4], [44, 8], [0, 12], [count, 8], [count, 8], [bytes, 8], [start, 8]),
    numbers([0x07064b50, 4], [0, 4], [start + bytes, 8], [1, 4]),
    numbers([0x06054b50, 4], [0, 4], [0xffff, 2], [0xffff, 2], [0xffffffff, 4], [0xffffffff, 4], [0, 2]),
  ]);

test("An archive above 4 GB opens, and the entries beyond are where they are", () => {
  const path = join(makeFolder(), "large.bin");
  const large = { name: "large", header: 0, bytes: 5 * 2 ** 30 };
  const last = { name: "last", header: 35 + 64 + large.bytes, bytes: 3 };
  const descriptor = openSync(path, "w");
  // The data of the large one is a hole in the file and takes no room on the disk.
  writeSync(descriptor, localHeader("large", 64), 0, null, large.header);
  const tail = Buffer.concat([localHeader("last", 0), Buffer.from("abc")]);
  writeSync(descriptor, tail, 0, null, last.header);
  const start = last.header + tail.length;
  const directory = Buffer.concat([large, last].map(wideEntry));
  writeSync(descriptor, Buffer.concat([directory, ends(start, directory.length, 2)]), 0, null, start);
  closeSync(descriptor);

  const file = new OpenFile(path);
  const entries = zipEntries(file);
  const stored = { method: 0, encrypted: false, crc: 0 };
  assert.deepEqual(Object.fromEntries(entries), {
    large: { start: 35 + 64, packedBytes: large.bytes, bytes: large.bytes, ...stored },
    last: { start: last.header + 34, packedBytes: 3, bytes: 3, ...stored },
  });
  const data = Buffer.alloc(3);
  file.read(data, entries.get("last")!.start);
  assert.equal(data.toString(), "abc");
  file.close();
});

/** An archive of one entry of three bytes, with a directory that says otherwise. */
function refuses(entry: Partial<Entry>, count: number, message: RegExp) {
  const local = Buffer.concat([localHeader("x", 0), Buffer.from("abc")]);
  const directory = wideEntry({ name: "x", header: 0, bytes: 3, ...entry });
  const bytes = Buffer.concat([local, directory, ends(local.length, directory.length, count)]);
  const file = new OpenFile(writeBytes(bytes, "x.bin"));
  assert.throws(() => zipEntries(file), { name: "InputError", message });
  file.close();
}

test("A directory that speaks of what is not there is refused with what it says", () => {
  refuses(
    { bytes: 4000 },
    1,
    /x\.bin: its entry "x" should end at byte 4031, but it has \d+: it is truncated/,
  );
  refuses({ header: 5 }, 1, /x\.bin: its archive has no entry at byte 5: /);
  refuses({ header: 2 ** 40 }, 1, /x\.bin: its archive speaks of bytes 1099511627776 to 1099511627806/);
  refuses(
    { bytes: 4000, packed: 3 },
    1,
    /x\.bin: its entry "x" lies there as it is, 3 bytes, but should have 4000: it is truncated/,
  );
  refuses({}, 2, /x\.bin: its archive's directory breaks off: /);
});
