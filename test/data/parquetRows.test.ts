import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { temporary } from "./temporary";

const folder = join(__dirname, "../fixtures/tables");
const fixture = (name: string) => readFileSync(join(folder, name));

interface Cells {
  columns: string[];
  rows: string[][];
}
const expected = JSON.parse(fixture("expected.json").toString()) as Record<string, Cells>;

const encodings: Record<string, string> = { "latin-1.csv": "latin-1", "cp1252.csv": "cp1252" };

// test/fixtures/tables/make.py: Parquet in every compression, encoding and version of pages, cells in other encodings, JSON of every orientation.
for (const [name, { columns, rows }] of Object.entries(expected))
  test(`${name} has the columns and cells that pandas reads of it`, async () => {
    const table = await readTable(join(folder, name), { encoding: encodings[name] });
    assert.deepEqual(table.columns, columns);
    assert.deepEqual(
      table.rows.map((row) => columns.map((column) => row[column])),
      rows,
    );
  });

test("A Parquet file is known by its first bytes, and a limit reads its first rows", async () => {
  const path = temporary("groups.csv", fixture("groups.parquet"));
  for (const limit of [1, 2, 3, 5, 7]) {
    const { rows } = await readTable(path, { limit });
    assert.deepEqual(
      rows.map(({ id }) => id),
      expected["groups.parquet"].rows.map(([id]) => id).slice(0, limit),
    );
  }
});

const fails = (name: string, content: Buffer | string, message: RegExp, options = {}) =>
  assert.rejects(readTable(temporary(name, content), options), (error: Error) => {
    assert.equal(error.name, "InputError");
    assert.match(error.message, message);
    assert.ok(error.message.includes(name), error.message);
    return true;
  });

test("A Parquet file that is cut short, or lies about what it holds, is an error that names it", async () => {
  const whole = fixture("plain.parquet");
  const message =
    /cannot be read as Parquet \(.+\): it is damaged, or has something that is not read; copy it again/;
  await fails("cut.parquet", whole.subarray(0, -20), message);
  await fails("magic.parquet", Buffer.concat([whole.subarray(0, 40), Buffer.from("PAR1")]), message);
  const longer = Buffer.from(whole);
  longer.writeUInt32LE(0x7fffffff, whole.length - 8);
  await fails(
    "longer.parquet",
    longer,
    /cannot be read as Parquet \(parquet metadata length 2147483647 exceeds/,
  );
  await fails("text.parquet", "text,y\na,1\n", /expected a Parquet file, as its name says, got another/);
});

test("A cell that cannot be spelled as text is an error with file, row and column", async () => {
  await fails(
    "bytes.parquet",
    fixture("bytes.parquet"),
    /bytes\.parquet, row 2, column "image": expected text or a number, got bytes that are no UTF-8; leave the column out/,
  );
  await fails(
    "digits.parquet",
    fixture("digits.parquet"),
    /digits\.parquet, row 2, column "price": expected a decimal of at most 15 digits, got one of more/,
  );
  await fails("empty.parquet", fixture("empty.parquet"), /expected at least one row, got a header alone/);
});

test("Options that say how text is read are refused for a file that says it itself", async () => {
  await fails(
    "a.parquet",
    fixture("none.parquet"),
    /^encoding: expected a text to read by it, got .*; leave it out/,
    {
      encoding: "latin1",
    },
  );
  await fails("a.parquet", fixture("none.parquet"), /^delimiter: expected a CSV or TSV to read by it, got /, {
    delimiter: ";",
  });
});

test("A Parquet file and a CSV of the same columns are one table", async () => {
  const columns = expected["none.parquet"].columns;
  const path = temporary(
    "more.csv",
    `${columns.join(",")}\n${columns.map((name) => `of ${name}`).join(",")}\n`,
  );
  const { rows } = await readTable([join(folder, "none.parquet"), path]);
  assert.equal(rows.length, 6);
  assert.equal(rows[5].text, "of text");
});
