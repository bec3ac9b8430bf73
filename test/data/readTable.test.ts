import assert from "node:assert/strict";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { InputError } from "../../src/errors";
import { temporary } from "./temporary";

const rowsOf = async (name: string, content: string | Buffer) =>
  (await readTable(temporary(name, content))).rows;
const fails = (name: string, content: string | Buffer, message: RegExp) =>
  assert.rejects(readTable(temporary(name, content)), (error: Error) => {
    assert.ok(error instanceof InputError, `${error}`);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/, "a message is one line");
    assert.ok(error.message.includes(name), "a message names the file");
    return true;
  });

test("A CSV file becomes columns in order and rows of text, whatever the cells mean", async () => {
  const path = temporary("train.csv", "id,text,target\n1,Forest fire,1\n2,007,0.50\n");
  assert.deepEqual(await readTable(path), {
    path,
    columns: ["id", "text", "target"],
    rows: [
      { id: "1", text: "Forest fire", target: "1" },
      { id: "2", text: "007", target: "0.50" },
    ],
  });
});

test("A quoted cell may hold commas, doubled quotes and line breaks, which stay as they are", async () => {
  assert.deepEqual(await rowsOf("quoted.csv", 'text,y\r\n"a, ""b""\nc\r\nd",1\r\n'), [
    { text: 'a, "b"\nc\r\nd', y: "1" },
  ]);
});

test("A byte order mark is no part of the first column's name", async () => {
  assert.deepEqual(await rowsOf("bom.csv", "\ufefftext,y\na,1\n"), [{ text: "a", y: "1" }]);
  assert.deepEqual(await rowsOf("bom.jsonl", '\ufeff{"text":"a"}\n'), [{ text: "a" }]);
});

test("Rows may end in LF, CRLF or CR, even mixed, with or without an end after the last", async () => {
  const expected = [
    { text: "a", y: "1" },
    { text: "b", y: "2" },
  ];
  assert.deepEqual(await rowsOf("lf.csv", "text,y\na,1\nb,2"), expected);
  assert.deepEqual(await rowsOf("crlf.csv", "text,y\r\na,1\r\nb,2\r\n"), expected);
  assert.deepEqual(await rowsOf("cr.csv", "text,y\ra,1\rb,2\r"), expected);
  assert.deepEqual(await rowsOf("mixed.csv", "text,y\na,1\r\nb,2\n"), expected);
});

test("Empty cells are empty text; blank lines are no rows; blanks around a cell stay", async () => {
  assert.deepEqual(await rowsOf("empty.csv", 'a,b,c\n,"",\n\n 1 ,2,3\n\n'), [
    { a: "", b: "", c: "" },
    { a: " 1 ", b: "2", c: "3" },
  ]);
});

test("The index column that pandas writes without a name is called as pandas calls it", async () => {
  assert.deepEqual(await rowsOf("pandas.csv", ",text\n0,a\n"), [{ "Unnamed: 0": "0", text: "a" }]);
});

test("The extension counts, not its case", async () => {
  assert.deepEqual(await rowsOf("LOUD.CSV", "text\na\n"), [{ text: "a" }]);
});

test("A TSV file may quote its cells as CSV does", async () => {
  assert.deepEqual(await rowsOf("quoted.tsv", 'text\ty\n"a\t""b"""\t1\nc, d\t0\n'), [
    { text: 'a\t"b"', y: "1" },
    { text: "c, d", y: "0" },
  ]);
});

test("A TSV file with a bare quote inside a cell was written without quoting and is read so", async () => {
  assert.deepEqual(await rowsOf("bare.tsv", 'text\ty\na 5" disk\t1\n"No," he said\t0\n"yes"\t1\n'), [
    { text: 'a 5" disk', y: "1" },
    { text: '"No," he said', y: "0" },
    { text: '"yes"', y: "1" },
  ]);
});

test("A JSONL file holds one object a line; numbers and booleans become text, null and absent keys empty", async () => {
  const path = temporary(
    "train.jsonl",
    '{"text":"a\\nb","y":1,"ok":true}\r\n\r\n{"text":null,"score":0.5,"tags":["x"]}\n',
  );
  const table = await readTable(path);
  assert.deepEqual(table.columns, ["text", "y", "ok", "score", "tags"]);
  assert.deepEqual(table.rows, [
    { text: "a\nb", y: "1", ok: "true", score: "", tags: "" },
    { text: "", y: "", ok: "", score: "0.5", tags: '["x"]' },
  ]);
});

test("A JSON file holds an array of objects, or is a JSONL file by another name", async () => {
  assert.deepEqual(await rowsOf("array.json", ' [{"text":"a"},\n {"text":"b"}]'), [
    { text: "a" },
    { text: "b" },
  ]);
  assert.deepEqual(await rowsOf("lines.json", '{"text":"a"}\n{"text":"b"}'), [{ text: "a" }, { text: "b" }]);
  assert.deepEqual(await rowsOf("lines.ndjson", '{"text":"a"}\n'), [{ text: "a" }]);
});

test("A limit keeps the first rows and reads no fault below them", async () => {
  for (const [name, content] of [
    ["long.csv", "text,y\na,1\nb,2\nragged\n"],
    ["long.tsv", "text\ty\na\t1\nb\t2\nragged\n"],
    ["long.jsonl", '{"text":"a","y":1}\n{"text":"b","y":2}\n{"text":'],
  ]) {
    const table = await readTable(temporary(name, content), { limit: 2 });
    assert.deepEqual(
      table.rows.map((row) => row.text),
      ["a", "b"],
      name,
    );
  }
  await assert.rejects(
    readTable(temporary("a.csv", "text\na\n"), { limit: 0 }),
    /limit: expected an integer of at least 1, got 0/,
  );
});

test("A cell longer than a novel is read whole", async () => {
  const text = "word ".repeat(100_000);
  assert.deepEqual(await rowsOf("novel.csv", `text\n"${text}"\n`), [{ text }]);
});

test("A row with too many or too few cells is an error with its line", async () => {
  await fails(
    "many.csv",
    'text,y\r\n"a\r\nb",1\r\n\r\nc,d,1\r\n',
    /line 5: expected 2 cells as in the header, got 3/,
  );
  await fails("few.csv", "text,y\na,1\nb", /line 3: expected 2 cells as in the header, got 1/);
  await fails("few.tsv", 'text\ty\na "b"\t1\nc\n', /line 3: expected 2 cells as in the header, got 1/);
});

test("A header that names a column twice, or not at all, is an error", async () => {
  await fails("twice.csv", "text,y,text\na,1,b\n", /line 1: expected every column once, got "text" twice/);
  await fails(
    "nameless.csv",
    "text,,y\na,1,b\n",
    /line 1: expected a name for every column, got none for column 2/,
  );
  await fails("blank.csv", '" "\na\n', /got none for column 1/);
});

test("Wrong quotes in a CSV file are an error with the line of their cell", async () => {
  await fails("open.csv", 'text,y\na,1\n\nb,"2\nc,3\n', /line 4: a quote opened here is never closed/);
  await fails("first.csv", 'text,y\n\n\n"a,1\nb,2\n', /line 4: a quote opened here is never closed/);
  await fails("inner.csv", 'text,y\na 5" disk,1\n', /line 2: a quote stands inside an unquoted cell/);
  await fails("after.csv", 'text,y\na,1\n"b" c,1\n', /line 3: text follows a closing quote/);
});

test("A file without rows is an error, and says whether a header was there", async () => {
  await fails("header.csv", "text,y\n", /expected at least one row, got a header alone/);
  await fails("empty.csv", "", /expected at least one row, got none/);
  await fails("empty.jsonl", "\n\n", /expected at least one row, got none/);
  await fails("empty.json", "[]", /expected at least one row, got none/);
});

test("Bytes that are no UTF-8 are an error with their line, and UTF-16 is recognised", async () => {
  await fails(
    "latin.csv",
    Buffer.from("text,y\nplain,1\ncaf\xe9,0\n", "latin1"),
    /line 3: expected UTF-8.*iconv -f latin1/,
  );
  await fails(
    "wide.tsv",
    Buffer.from("\ufefftext\ty\na\t1\n", "utf16le"),
    /line 1: expected UTF-8, got UTF-16.*iconv -f utf-16/,
  );
});

test("Broken JSON is an error with its line", async () => {
  await fails("broken.jsonl", '{"text":"a"}\n\n{"text":\n', /line 3: expected JSON, got /);
  await fails("list.jsonl", '{"text":"a"}\n[1]\n', /line 2: expected an object.*got \[1\]/);
  await fails("null.jsonl", "null\n", /line 1: expected an object.*got null/);
  await fails("items.json", '[{"text":"a"}, 7]', /item 2: expected an object.*got 7/);
  await fails("broken.json", '[{"text":"a"}', /expected JSON, got /);
});

test("A whole number that JSON readers round is an error, since a nearly right id is wrong", async () => {
  await fails(
    "ids.jsonl",
    '{"id":1234567890123456789,"text":"a"}\n',
    /line 1: "id" holds a whole number beyond 2\^53/,
  );
  assert.equal((await rowsOf("id.jsonl", '{"id":9007199254740991}\n'))[0].id, "9007199254740991");
});

test("Other formats are an error that lists what is read", async () => {
  await fails(
    "train.parquet",
    "PAR1",
    /expected a table in \.csv, \.tsv, \.jsonl, \.ndjson, \.json; convert it/,
  );
  await fails("README", "text\n", /expected a table in \.csv/);
});

test("A file that cannot be read is an error with the reason", async () => {
  await assert.rejects(
    readTable("nowhere/train.csv"),
    /^InputError: nowhere\/train\.csv: cannot be read \(no such file\)$/,
  );
  const folder = temporary("folder.csv/inside.txt", "").slice(0, -"/inside.txt".length);
  await assert.rejects(readTable(folder), /folder\.csv: cannot be read \(it is a folder\)/);
});
