import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { openTable } from "../../src/data/openTable";
import { readTable } from "../../src/data/readTable";
import { temporary } from "./temporary";

const rowsOf = async (name: string, content: Buffer, limit?: number) =>
  (await readTable(temporary(name, content), { limit })).rows;
const fails = (name: string, content: Buffer, message: RegExp) =>
  assert.rejects(readTable(temporary(name, content)), { name: "InputError", message });

const little = (...values: [value: number, bytes: number][]) =>
  Buffer.concat(
    values.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );

/** A ZIP archive of files by name, deflated where they are not yet; `lies` are fields that are to be wrong. */
function zip(
  files: Record<string, string | Buffer>,
  lies: { method?: number; flags?: number; crc?: number; bytes?: number; deflated?: boolean } = {},
): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = lies.method === 0 || lies.deflated ? bytes : deflateRawSync(bytes);
    const common = Buffer.concat([
      little([20, 2], [lies.flags ?? 0, 2], [lies.method ?? 8, 2], [0, 4], [lies.crc ?? crc32(bytes), 4]),
      little([packed.length, 4], [lies.bytes ?? bytes.length, 4], [name.length, 2], [0, 2]),
    ]);
    directory.push(
      little([0x02014b50, 4], [20, 2]),
      common,
      Buffer.alloc(10),
      little([at, 4]),
      Buffer.from(name),
    );
    locals.push(little([0x04034b50, 4]), common, Buffer.from(name), packed);
    at = Buffer.concat(locals).length;
  }
  const listed = Buffer.concat(directory);
  const count = Object.keys(files).length;
  return Buffer.concat([
    ...locals,
    listed,
    little([0x06054b50, 4], [0, 4], [count, 2], [count, 2], [listed.length, 4], [at, 4], [0, 2]),
  ]);
}

const rows = [
  { text: "a", y: "1" },
  { text: "b", y: "2" },
];
const csv = "text,y\na,1\nb,2\n";
const jsonl = '{"text":"a","y":1}\n{"text":"b","y":2}\n';

test("A table that is packed by gzip is read by the ending before .gz, whether it has that or not", async () => {
  assert.deepEqual(await rowsOf("train.csv.gz", gzipSync(csv)), rows);
  assert.deepEqual(await rowsOf("TRAIN.CSV.GZ", gzipSync(csv)), rows);
  assert.deepEqual(await rowsOf("train.csv", gzipSync(csv)), rows);
  assert.deepEqual(await rowsOf("train.tsv.gz", gzipSync(csv.replaceAll(",", "\t"))), rows);
  assert.deepEqual(await rowsOf("train.jsonl.gz", gzipSync(jsonl)), rows);
  assert.deepEqual(await rowsOf("train.json.gz", gzipSync(`[${jsonl.trim().replace("\n", ",")}]`)), rows);
  assert.deepEqual(await rowsOf("wide.csv.gz", gzipSync(Buffer.from(`\ufeff${csv}`, "utf16le"))), rows);
});

test("Gzip files that were put one behind the other are one table", async () => {
  assert.deepEqual(
    await rowsOf("parts.csv.gz", Buffer.concat([gzipSync("text,y\na,1\n"), gzipSync("b,2\n")])),
    rows,
  );
});

test("The one file of an archive is read by its own name, which messages show", async () => {
  assert.deepEqual(await rowsOf("train.csv.zip", zip({ "train.csv": csv })), rows);
  assert.deepEqual(
    await rowsOf("archive.zip", zip({ "deep/in/train.tsv": csv.replaceAll(",", "\t") })),
    rows,
  );
  assert.deepEqual(await rowsOf("train.csv", zip({ "train.jsonl": jsonl })), rows);
  assert.deepEqual(await rowsOf("stored.zip", zip({ "train.csv": csv }, { method: 0 })), rows);
  await fails(
    "ragged.zip",
    zip({ "train.csv": "text,y\na\n" }),
    /ragged\.zip\/train\.csv, line 2: expected 2 cells/,
  );
  await fails("page.zip", zip({ "train.csv": "<html>" }), /page\.zip\/train\.csv: .*got a web page/);
  await fails("text.zip", zip({ "train.txt": "a" }), /text\.zip\/train\.txt: expected a table in \.csv/);
});

test("The one table among other files is read; of several, or of none, it is said what there is", async () => {
  const notes = { "__MACOSX/._train.csv": "x", ".DS_Store": "x", "folder/": "" };
  assert.deepEqual(await rowsOf("mac.zip", zip({ ...notes, "train.csv": csv })), rows);
  assert.deepEqual(await rowsOf("licence.zip", zip({ "LICENSE.txt": "MIT", "train.csv": csv })), rows);
  await fails(
    "both.zip",
    zip({ "train.csv": csv, "test.csv": csv }),
    /both\.zip: expected an archive with one table in it, got 2 files, train\.csv, test\.csv; unpack it/,
  );
  await fails(
    "none.zip",
    zip(notes),
    /none\.zip: expected an archive with one table in it, got an empty one;/,
  );
});

test("A limit of a packed table reads no further than it has to", async () => {
  const long = Buffer.concat([gzipSync(jsonl), Buffer.from("1f8b0800broken")]);
  assert.deepEqual(await rowsOf("long.jsonl.gz", gzipSync(`${jsonl}{broken`), 2), rows);
  await fails(
    "long.jsonl.gz",
    long,
    /long\.jsonl\.gz: cannot be unpacked \(.+\): it is truncated or damaged/,
  );
});

test("What is truncated, damaged, behind a password or packed otherwise is an error that names the file", async () => {
  const packed = gzipSync(csv);
  await fails(
    "cut.csv.gz",
    packed.subarray(0, -9),
    /cut\.csv\.gz: cannot be unpacked \(unexpected end of file\)/,
  );
  const flipped = Buffer.from(packed);
  flipped[packed.length - 6] ^= 1;
  await fails("crc.csv.gz", flipped, /crc\.csv\.gz: cannot be unpacked \(incorrect data check\)/);
  const sum =
    /sum\.zip\/train\.csv: cannot be unpacked \(its checksum is another\): it is truncated or damaged/;
  await fails("sum.zip", zip({ "train.csv": csv }, { crc: 1 }), sum);
  await fails("sum.zip", zip({ "train.csv": csv }, { bytes: 7 }), sum);
  await fails("locked.zip", zip({ "train.csv": csv }, { flags: 1 }), /got one behind a password; unpack it/);
  await fails("64.zip", zip({ "train.csv": csv }, { method: 9 }), /got it packed by method 9; unpack it/);
  await fails("short.zip", zip({ "train.csv": csv }).subarray(0, -30), /short\.zip: its archive has no end/);
});

test("What unpacks to a hundred times as many bytes was made to fill a memory, and is refused before it does", async () => {
  // Some 65 KB, packed.
  const zeros = Buffer.alloc(2 ** 26 + 2 ** 22, "0");
  const packed = gzipSync(zeros, { level: 1 });
  const message =
    /bomb\S*: expected a table, got \d+ bytes that unpack to more than 100 times as many, as no table does/;
  await fails("bomb.csv.gz", packed, message);
  await fails("bomb.jsonl.gz", packed, message);
  await fails("bomb.zip", zip({ "bomb.csv": packed.subarray(10, -8) }, { deflated: true }), message);
  // Below 64 MB whatever it packs to is read.
  const even = `text\n${"0\n".repeat(200_000)}`;
  assert.equal((await rowsOf("even.csv.gz", gzipSync(even))).length, 200_000);
});

test("Its bytes may be read more than once, and reading may end anywhere", async () => {
  for (const [name, content] of [
    ["again.csv", Buffer.from(csv)],
    ["again.csv.gz", gzipSync(csv)],
    ["again.zip", zip({ "again.csv": csv })],
  ] as const) {
    const file = await openTable(temporary(name, content));
    assert.equal(file.start.toString(), csv, name);
    for (let time = 0; time < 2; time++) {
      const parts: Buffer[] = [];
      for await (const chunk of file.chunks()) parts.push(chunk);
      assert.equal(Buffer.concat(parts).toString(), csv, name);
      for await (const chunk of file.chunks()) {
        assert.ok(chunk.length > 0);
        break;
      }
    }
  }
});
