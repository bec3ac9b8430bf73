import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import fc, { type Arbitrary } from "fast-check";
import { TorchFile } from "../../../src/checkpoint/torch/TorchFile";
import { readTable } from "../../../src/data/readTable";
import { OpenFile } from "../../../src/files/OpenFile";
import { zipEntries } from "../../../src/files/zipEntries";
import type { Target } from "../Target";

/** An entry of an archive, and what its headers say of it, which need not be true. */
interface Entry {
  name: string;
  content: Buffer;
  deflated: boolean;
  flags: number;
  /** Sizes and place as the directory has them; null where they are right. */
  bytes: number | null;
  header: number | null;
  extra: Buffer;
}

const number = (bytes: 2 | 4) => (value: number) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value % 2 ** (8 * bytes), 0, bytes);
  return buffer;
};
const u16 = (...values: number[]) => Buffer.concat(values.map(number(2)));
const u32 = (...values: number[]) => Buffer.concat(values.map(number(4)));

/** An archive of these entries (APPNOTE.TXT, 4.3), whose end speaks of so many and of a directory at that place. */
function zip(
  entries: Entry[],
  more: { count: number | null; start: number | null; comment: Buffer },
): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, deflated, flags, bytes, header, extra } of entries) {
    const stored = deflated ? deflateRawSync(content) : content;
    const said = bytes ?? content.length;
    const method = deflated ? 8 : 0;
    const file = Buffer.from(name);
    const common = Buffer.concat([
      u16(20, flags, method, 0, 0),
      u32(crc32(content), bytes ?? stored.length, said),
      u16(file.length, extra.length),
    ]);
    directory.push(
      Buffer.concat([u32(0x02014b50), u16(20), common, u16(0, 0, 0), u32(0, header ?? at), file, extra]),
    );
    const local = Buffer.concat([u32(0x04034b50), common, file, extra, stored]);
    locals.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(directory);
  const count = more.count ?? entries.length;
  return Buffer.concat([
    ...locals,
    listed,
    u32(0x06054b50),
    u16(0, 0, count, count),
    u32(listed.length, more.start ?? at),
    u16(more.comment.length),
    more.comment,
  ]);
}

/** The entries of archives that torch wrote, so that what is broken lies beside what is right. */
function known(): [string, Buffer][] {
  const folder = join(__dirname, "../../fixtures/torch");
  return ["tensors.bin", "training.bin"].flatMap((name) => {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    const file = new OpenFile(path);
    try {
      return [...zipEntries(file)].map(([entry, { start, bytes: size }]): [string, Buffer] => [
        entry,
        bytes.subarray(start, start + size),
      ]);
    } finally {
      file.close();
    }
  });
}

const NAMES = [
  ...["archive/data.pkl", "archive/data/0", "archive/data/1", "archive/byteorder", "archive/version"],
  ...["../../etc/passwd", "/etc/passwd", "__proto__", "constructor", "", "\u001b[2J", "x".repeat(3000)],
  ...["[Content_Types].xml", "xl/workbook.xml", "train.csv", "archive/data/../../x", "a\nb"],
];
/** What a size, a place or a count may say. */
const SAYS = [0, 1, 7, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xfffffffe, 0xffffffff];
const said = fc.option(fc.constantFrom(...SAYS), { freq: 3 });
/** The extra field of large archives, whole and cut short, with sizes beyond all bounds. */
const WIDE = Buffer.concat([u16(1, 24), Buffer.alloc(24, 0xff)]);

function cases(): Arbitrary<Buffer> {
  const theirs = known();
  const content = fc.oneof(
    fc.constantFrom(...theirs.map(([, bytes]) => bytes)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.alloc(200_000)),
  );
  const entry = fc.record({
    name: fc.constantFrom(...NAMES, ...theirs.map(([name]) => name)),
    content,
    deflated: fc.boolean(),
    flags: fc.constantFrom(0, 1, 8, 0x0800, 0xffff),
    bytes: said,
    header: said,
    extra: fc.constantFrom(Buffer.alloc(0), WIDE, WIDE.subarray(0, 7), u16(1, 0xffff)),
  });
  const whole = theirs.map(([name, bytes]): Entry => {
    return {
      name,
      content: bytes,
      deflated: false,
      flags: 0,
      bytes: null,
      header: null,
      extra: Buffer.alloc(0),
    };
  });
  const archive = fc.record({
    count: said,
    start: said,
    comment: fc.constantFrom(Buffer.alloc(0), Buffer.from("PK\x05\x06", "latin1"), Buffer.alloc(70)),
  });
  return fc
    .tuple(fc.boolean(), fc.array(entry, { maxLength: 6 }), archive)
    .map(([beside, entries, end]) => zip([...(beside ? whole : []), ...entries], end));
}

/** Archives in the place of weights and of tables: of any entries, headers that lie, sizes without bounds. */
export function archiveTarget(): Target {
  const bytes = cases();
  return {
    name: "archive",
    cases: fc
      .tuple(bytes, fc.constantFrom("pytorch_model.bin", "train.csv", "train.csv.zip", "train.json"))
      .map(([content, name]) => ({ [name]: content })),
    async read(folder) {
      const name = readdirSync(folder)[0];
      const path = join(folder, name);
      if (!name.endsWith(".bin")) {
        await readTable(path);
        return;
      }
      const file = TorchFile.open(path);
      try {
        for (const tensor of file.tensors.keys()) file.readFloat32(tensor);
      } finally {
        file.close();
      }
    },
  };
}
