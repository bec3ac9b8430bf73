import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
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

test("Columns without a name, and names that were there before, are called as pandas calls them", async () => {
  assert.deepEqual(await rowsOf("pandas.csv", ",text\n0,a\n"), [{ "Unnamed: 0": "0", text: "a" }]);
  const spam = await readTable(
    temporary("spam.csv", Buffer.from('v1,v2,,,\r\nham,"\xa31.50 a week",,,\r\n', "latin1")),
    { encoding: "latin-1" },
  );
  assert.deepEqual(spam.columns, ["v1", "v2", "Unnamed: 2", "Unnamed: 3", "Unnamed: 4"]);
  assert.equal(spam.rows[0].v2, "£1.50 a week");
  assert.deepEqual(await rowsOf("twice.csv", "text,y,text\na,1,b\n"), [{ text: "a", y: "1", "text.1": "b" }]);
});

test("A column may be called as what every object has", async () => {
  const columns = ["constructor", "__proto__", "toString", "hasOwnProperty", "text"];
  const expected = Object.fromEntries(columns.map((name, i) => [name, `${i}`]));
  const record = JSON.stringify(expected);
  for (const [name, content] of [
    ["names.csv", `${columns.join(",")}\n0,1,2,3,4\n`],
    ["names.tsv", `${columns.join("\t")}\n0\t1\t2\t3\t4\n`],
    ["names.jsonl", `${record}\n${record}\n`],
    ["names.json", `[${record}]`],
    ["columns.json", JSON.stringify(Object.fromEntries(columns.map((each, i) => [each, { 0: `${i}` }])))],
  ]) {
    const table = await readTable(temporary(name, content), { limit: 1 });
    assert.deepEqual(table.columns, columns, name);
    assert.deepEqual(Object.entries(table.rows[0]), Object.entries(expected), name);
  }
  // Absent from a row they are empty, and not what its object inherits.
  const [first] = await rowsOf(
    "absent.jsonl",
    '{"text":"a"}\n{"text":"b","constructor":"x","__proto__":"y"}\n',
  );
  assert.deepEqual(Object.entries(first), [
    ["text", "a"],
    ["constructor", ""],
    ["__proto__", ""],
  ]);
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

test("In a TSV file whose lines have all their cells no row is lost, however quotes balance, whatever is read of it", async () => {
  const content = 'text\ty\na\t0\n"No way\t1\nb\t0\nI said"\t1\nc\t0\n5" disk\t1\n';
  const all = [
    ["a", "0"],
    ['"No way', "1"],
    ["b", "0"],
    ['I said"', "1"],
    ["c", "0"],
    ['5" disk', "1"],
  ].map(([text, y]) => ({ text, y }));
  for (const [name, end] of [
    ["lf", "\n"],
    ["crlf", "\r\n"],
    ["cr", "\r"],
  ]) {
    const path = temporary(`${name}.tsv`, `\ufeff${content.replaceAll("\n", end)}`);
    for (const limit of [undefined, 1, 2, 4, 5, 6])
      assert.deepEqual((await readTable(path, { limit })).rows, all.slice(0, limit), `${name}, ${limit}`);
  }
  // The same without the bare quote at the end: the quotes that open and close still lie in different rows.
  assert.deepEqual(await rowsOf("balanced.tsv", content.slice(0, -10)), all.slice(0, -1));
});

test("In a TSV file of one column nothing tells whether quotes hold lines together, so it is an error", async () => {
  await fails(
    "one.tsv",
    'text\n"a\nb"\n',
    /holds quotes that may be text or may hold several lines together/,
  );
  assert.deepEqual(await rowsOf("text.tsv", 'text\n"a\nb\n'), [{ text: '"a' }, { text: "b" }]);
  assert.deepEqual(await rowsOf("whole.tsv", 'text\n"a ""b"""\nc\n'), [{ text: 'a "b"' }, { text: "c" }]);
});

test("A TSV file whose quoted cells go over lines is read so, whatever is read of it", async () => {
  const path = temporary("lines.tsv", 'text\ty\n"a\nb"\t1\n\n"c ""d"""\t0\ne\t1\n');
  const all = [
    { text: "a\nb", y: "1" },
    { text: 'c "d"', y: "0" },
    { text: "e", y: "1" },
  ];
  for (const limit of [undefined, 1, 2, 3])
    assert.deepEqual((await readTable(path, { limit })).rows, all.slice(0, limit));
});

test("A quote in a TSV file that would swallow rows is an error where a row lacks a cell, so that nothing tells", async () => {
  await fails(
    "swallowed.tsv",
    'text\ty\n"No way\nb\t0\nI said"\t1\nc\t0\n',
    /row 1: a cell that opens with a quote goes over lines that look like rows .* from "No way/,
  );
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

test("Bytes that are no UTF-8 are an error with their line and what they read as", async () => {
  const latin = (text: string) => Buffer.from(text, "latin1");
  const says =
    'which in Windows-1252 reads "café,0"; if that is right, pass encoding "windows-1252" (--encoding windows-1252)';
  await fails(
    "latin.csv",
    latin("text,y\nplain,1\ncaf\xe9,0\n"),
    new RegExp(`line 3: expected UTF-8, got the byte 0xe9, ${says.replaceAll(/[()]/g, "\\$&")}`),
  );
  await fails(
    "latin.jsonl",
    latin('{"text":"a"}\n{"text":"\x93so\x94"}\n'),
    /line 2: expected UTF-8, got the byte 0x93, which in Windows-1252 reads .*“so”/,
  );
  await fails("latin.json", latin('[{"text":"a"},\n{"text":"\xe9"}]'), /line 2: expected UTF-8/);
  // 0x81 is no character of Windows-1252.
  await fails(
    "sjis.csv",
    latin("text\n\x83\x81\x93\xfa\n"),
    /line 2: expected UTF-8, got the byte 0x83; pass the encoding .*\(--encoding\), such as gbk/,
  );
  await fails(
    "bare.tsv",
    Buffer.from("text\ty\na\t1\n", "utf16le"),
    /line 1: expected UTF-8, got UTF-16; pass encoding "utf-16" \(--encoding utf-16\)/,
  );
});

test("UTF-16 with a byte order mark is read by it", async () => {
  for (const [name, text] of [
    ["wide.tsv", "text\ty\nnaïve €\t1\n"],
    ["wide.csv", "text,y\nnaïve €,1\n"],
    ["wide.jsonl", '{"text":"naïve €","y":1}\n'],
    ["wide.json", '[{"text":"naïve €","y":1}]'],
  ]) {
    const little = Buffer.from(`\ufeff${text}`, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()])
      assert.deepEqual(await rowsOf(name, bytes), [{ text: "naïve €", y: "1" }], name);
  }
  await fails(
    "half.csv",
    Buffer.from("fffe74006500d8", "hex"),
    /expected utf-16, as was asked for, got bytes/,
  );
});

test("An encoding is read by the names that Python, iconv and the web have for it", async () => {
  const text = "text,y\n“café”,1\n";
  const bytes = Buffer.from("text,y\n\x93caf\xe9\x94,1\n", "latin1");
  for (const encoding of ["windows-1252", "cp1252", "CP1252", "Windows 1252", "1252"])
    assert.equal(
      (await readTable(temporary("cp.csv", bytes), { encoding })).rows[0].text,
      "“café”",
      encoding,
    );
  for (const encoding of ["latin1", "latin-1", "Latin_1", "iso-8859-1", "ISO8859-1"])
    assert.equal((await readTable(temporary("latin.csv", bytes), { encoding })).rows[0].text, "\x93café\x94");
  for (const encoding of ["utf8", "UTF-8", "utf-8-sig", "ascii"])
    assert.equal((await readTable(temporary("utf8.csv", text), { encoding })).rows[0].text, "“café”");
  const wide = Buffer.from(`\ufeff${text}`, "utf16le");
  for (const [encoding, content] of [
    ["utf-16", wide],
    ["utf16", Buffer.from(wide).swap16()],
    ["utf-16-be", Buffer.from(wide).swap16()],
    ["utf-16le", wide],
  ] as const)
    assert.deepEqual((await readTable(temporary("wide.csv", content), { encoding })).rows, [
      { text: "“café”", y: "1" },
    ]);
  const others: [string, number[], string][] = [
    ["cp1251", [0xeb, 0xb8, 0xe4], "лёд"],
    ["koi8-r", [0xcc, 0xa3, 0xc4], "лёд"],
    ["gbk", [0xb1, 0xf9], "冰"],
    ["shift_jis", [0x95, 0x58], "氷"],
    ["cp932", [0x95, 0x58], "氷"],
    ["euc_kr", [0xbe, 0xf3, 0xc0, 0xbd], "얼음"],
    ["cp949", [0xbe, 0xf3, 0xc0, 0xbd], "얼음"],
    ["mac_roman", [0x8e], "é"],
  ];
  for (const [encoding, cell, expected] of others) {
    const [head, tail] = [Buffer.from('{"text":"'), Buffer.from('"}\n')];
    const path = temporary("other.jsonl", Buffer.concat([head, Buffer.from(cell), tail]));
    assert.equal((await readTable(path, { encoding })).rows[0].text, expected, encoding);
  }
  await assert.rejects(
    readTable(temporary("hole.csv", Buffer.from("text\n\x81\n", "latin1")), { encoding: "cp1252" }),
    {
      name: "InputError",
      message: /hole\.csv: expected windows-1252, as was asked for, got bytes that are none/,
    },
  );
  for (const encoding of ["latin-99", "", "constructor"])
    await assert.rejects(readTable("a.csv", { encoding }), {
      message: `encoding: expected an encoding such as "utf-8", "windows-1252", "latin1", "utf-16", "gbk" or "shift_jis", got ${JSON.stringify(encoding)}`,
    });
});

test("Broken JSON is an error with its line", async () => {
  await fails("broken.jsonl", '{"text":"a"}\n\n{"text":\n', /line 3: expected JSON, got /);
  await fails("list.jsonl", '{"text":"a"}\n[1]\n', /line 2: expected an object.*got \[1\]/);
  await fails("null.jsonl", "null\n", /line 1: expected an object.*got null/);
  await fails("items.json", '[{"text":"a"}, 7]', /item 2: expected an object.*got 7/);
  for (const [name, content] of [
    ["nan.jsonl", '{"text":"a","y":1}\n{"text":"a","y":NaN}\n'],
    ["nan.json", '[{"text":"a","y":NaN}]'],
  ])
    await fails(
      name,
      content,
      /expected JSON, got NaN, which Python's json writes and JSON has not; write null/,
    );
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
    "README",
    "text\n",
    /expected a table in \.csv, \.tsv, \.jsonl, \.ndjson, \.json, \.parquet; convert it/,
  );
});

test("A file that is something else is called so, whatever its name says", async () => {
  const zip = (member: string) =>
    Buffer.concat([
      Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"),
      Buffer.alloc(16),
      Buffer.from(member),
    ]);
  const kinds: [content: string | Buffer, what: RegExp][] = [
    [gzipSync(gzipSync("text,y\na,1\n")), /got a gzip file; unpack it, for instance by gunzip/],
    [zip("[Content_Types].xml"), /got an Excel workbook \(\.xlsx\); convert it by pandas\.read_excel/],
    [zip("xl/workbook.xml"), /got an Excel workbook \(\.xlsx\)/],
    [gzipSync("PAR1\x15\x04\x15\0"), /got a Parquet file; unpack it: Parquet is read from a file of its own/],
    ["PARE\x15\x04\x15\0", /got an encrypted Parquet file; convert it by pandas\.read_parquet/],
    [Buffer.from("d0cf11e0a1b11ae1", "hex"), /got an Excel workbook \(\.xls\)/],
    [Buffer.from("fd377a585a00", "hex"), /got an xz file/],
    ["BZh91AY&SY", /got a bzip2 file/],
    [Buffer.from("28b52ffd", "hex"), /got a Zstandard file/],
    ["SQLite format 3\0", /got an SQLite database/],
    ["%PDF-1.7", /got a PDF/],
    ["\n<!DOCTYPE html>\n<html>", /got a web page; download the table itself/],
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
      /got a Git LFS pointer, not the file itself/,
    ],
    ["GIF89a\0\0", /got an image/],
    ["RIFF\0\0\0\0WEBPVP8 ", /got an image or a sound/],
    [Buffer.from("49492a0008000000", "hex"), /got an image/],
    [Buffer.from("4d4d002a00000008", "hex"), /got an image/],
    ["BM\0\0\0\0", /got an image/],
    [Buffer.from("04224d18", "hex"), /got an LZ4 file/],
    ["ORC\0\0", /got an ORC file; convert it by pandas\.read_orc/],
    ["Obj\x01\0", /got an Avro file/],
    ["<stata_dta>\0", /got a Stata file/],
    [
      Buffer.concat([Buffer.from("train.csv"), Buffer.alloc(248), Buffer.from("ustar\0")]),
      /got a tar archive/,
    ],
    [Buffer.alloc(64), /got a binary file/],
  ];
  for (const [i, [content, what]] of kinds.entries())
    for (const ending of ["csv", "tsv", "json", "jsonl", "csv.gz", "parquet"])
      await fails(`kind${i}.${ending}`, content, what);
});

test("A column may be called as another kind of file begins", async () => {
  for (const name of ["BM", "ORC", "RIFF", "GIF8", "PAR1"])
    assert.deepEqual(await rowsOf("words.csv", `${name},y\na,1\n`), [{ [name]: "a", y: "1" }]);
});

test("JSON under a name of cells is called so", async () => {
  for (const content of ['{"text":"a","y":1}\n', '\ufeff [{"text":"a"}]', "[[1,2]]", '{\n  "text": "a"}'])
    for (const ending of ["csv", "tsv"])
      await fails(
        `json.${ending}`,
        content,
        /expected cells set apart by a character, got JSON; give it a name that ends in \.json, /,
      );
  assert.deepEqual(await rowsOf("braces.csv", "{text},[y]\na,1\n"), [{ "{text}": "a", "[y]": "1" }]);
});

test("A pipe or a device is refused before it is waited for", async () => {
  const pipe = `${temporary("pipe", "")}.csv`;
  execFileSync("mkfifo", [pipe]);
  await assert.rejects(readTable(pipe), {
    name: "InputError",
    message: `${pipe}: expected a file, got a pipe or a device; write what comes out of it to a file`,
  });
  await assert.rejects(readTable("/dev/null"), {
    message: /^\/dev\/null: expected a file, got a pipe or a device/,
  });
});

test("Cells that are set apart by something else than the name says are called so", async () => {
  await fails(
    "semi.csv",
    'v1;v2\nham;"a, b"\n',
    /expected cells set apart by commas, got a header with semicolons: "v1;v2"; pass delimiter ";" \(--delimiter ";"\)$/,
  );
  await fails(
    "tabs.csv",
    "v1\tv2\na\tb\n",
    /expected cells set apart by commas, got a header with tabs: .*; pass delimiter "tab" \(--delimiter "tab"\)$/,
  );
  await fails("bars.csv", "v1|v2\na|b\n", /got a header with bars/);
  await fails(
    "commas.tsv",
    "v1,v2\na,b\n",
    /expected cells set apart by tabs, got a header with commas: .*; pass delimiter "," \(--delimiter ","\)$/,
  );
  await fails("header.csv", "a\tb, c\n1\t2\n", /got a header with tabs: "a\\tb, c"/);
  assert.deepEqual(await rowsOf("index.tsv", "\ta,b\n0\tx\n"), [{ "Unnamed: 0": "0", "a,b": "x" }]);
  assert.deepEqual(await rowsOf("lines.csv", 'a;b,c\n"x;\ny;",1\n'), [{ "a;b": "x;\ny;", c: "1" }]);
  assert.deepEqual(await rowsOf("one.csv", '"a; b"\nx;y\n'), [{ "a; b": "x;y" }]);
  assert.deepEqual(await rowsOf("both.csv", "a;b,c\nx,y\n"), [{ "a;b": "x", c: "y" }]);
});

test("A delimiter that is named is what sets cells apart, quotes obeyed", async () => {
  const read = (name: string, content: string, delimiter: string) =>
    readTable(temporary(name, content), { delimiter });
  const rows = [{ text: "a, b", n: "1,5" }];
  for (const [delimiter, content] of [
    [";", '\ufefftext;n\r\n"a, b";1,5\r\n'],
    ["|", "text|n\na, b|1,5\n"],
    ["tab", "text\tn\na, b\t1,5\n"],
    ["\\t", "text\tn\na, b\t1,5\n"],
    ["\t", "text\tn\na, b\t1,5"],
    ["~", "text~n\ra, b~1,5\r"],
    ["€", "text€n\na, b€1,5\n"],
    [":", 'text:n\n"a, b":"1,5"\n'],
  ])
    for (const ending of ["csv", "tsv"])
      assert.deepEqual((await read(`named.${ending}`, content, delimiter)).rows, rows, delimiter);
  assert.deepEqual((await read("quotes.csv", 'text;n\n"a;\n""b""";1\n', ";")).rows, [
    { text: 'a;\n"b"', n: "1" },
  ]);
  assert.deepEqual((await read("glue.csv", 'text\tn\n"a\t1\nb"\t2\n', "tab")).rows, [
    { text: '"a', n: "1" },
    { text: 'b"', n: "2" },
  ]);
  assert.deepEqual((await read("comma.tsv", "a,b\n1,2\n", ",")).rows, [{ a: "1", b: "2" }]);
  await assert.rejects(read("other.csv", "a,b\n1,2\n", ";"), {
    message:
      /other\.csv: expected cells set apart by semicolons, got a header with commas: "a,b"; pass delimiter ","/,
  });
  await assert.rejects(read("odd.csv", "a,b\n1,2\n", "~"), {
    message: /expected cells set apart by "~", got a header with commas/,
  });
  await assert.rejects(read("lines.jsonl", '{"a":1}\n', ";"), {
    message: /^delimiter: expected a CSV or TSV to read by it, got .*lines\.jsonl; leave it out$/,
  });
  for (const wrong of ["", ";;", "\n", "\r", '"', "a", "1", "semicolon", "\0", 1, null, /;/])
    await assert.rejects(read("any.csv", "a;b\n1;2\n", wrong as string), {
      name: "InputError",
      message:
        /^delimiter: expected what stands between two cells: ",", ";", "\|", "tab" or another character, got /,
    });
});

// What pandas 3.1 writes of a table with the index 5, 2, 9 by to_json(orient=…).
test("JSON is read in every orientation that pandas writes, rows in the table's order", async () => {
  const cells = ['"a \\"b\\": 1"', '"c"', '"d\\ne"'];
  const [a, c, d] = cells;
  const fields =
    '"fields":[{"name":"index","type":"integer"}],"primaryKey":["index"],"pandas_version":"1.4.0"';
  const expected = [
    { text: 'a "b": 1', label: "1", 7: "x" },
    { text: "c", label: "0", 7: "y" },
    { text: "d\ne", label: "", 7: "z" },
  ];
  const rows = [
    `"text":${a},"label":1.0,"7":"x"`,
    `"text":${c},"label":0.0,"7":"y"`,
    `"text":${d},"label":null,"7":"z"`,
  ];
  const orients: Record<string, string> = {
    columns: `{"text":{"5":${a},"2":${c},"9":${d}},"label":{"5":1.0,"2":0.0,"9":null},"7":{"5":"x","2":"y","9":"z"}}`,
    index: `{"5":{${rows[0]}},"2":{${rows[1]}},"9":{${rows[2]}}}`,
    split: `{"columns":["text","label","7"],"index":[5,2,9],"data":[[${a},1.0,"x"],[${c},0.0,"y"],[${d},null,"z"]]}`,
    table: `{"schema":{${fields}},"data":[{${rows[0]}},{${rows[1]}},{${rows[2]}}]}`,
    records: `[{${rows[0]}},{${rows[1]}},{${rows[2]}}]`,
    lines: `{${rows[0]}}\n{${rows[1]}}\n{${rows[2]}}\n`,
    lists: `{"text":[${cells}],"label":[1.0,0.0,null],"7":["x","y","z"]}`,
  };
  for (const [orient, content] of Object.entries(orients))
    for (const text of [
      content,
      orient === "lines" ? content : JSON.stringify(JSON.parse(content), null, 2),
    ]) {
      // Written out anew by JavaScript, names that are numbers stand in ascending order.
      const order =
        text === content
          ? expected
          : expected.toSorted((x, y) =>
              orient === "columns" || orient === "index"
                ? [5, 2, 9][expected.indexOf(x)] - [5, 2, 9][expected.indexOf(y)]
                : 0,
            );
      assert.deepEqual(await rowsOf(`${orient}.json`, text), order, orient);
    }
  assert.equal((await readTable(temporary("one.json", orients.columns), { limit: 2 })).rows.length, 2);
  assert.deepEqual(await rowsOf("cells.json", '{"tags":{"0":{"1":[2]}},"text":{"0":"a"}}'), [
    { tags: '{"1":[2]}', text: "a" },
  ]);
});

test("JSON whose columns and rows cannot be told apart, or that has no columns, is an error", async () => {
  await fails(
    "both.json",
    '{"a":{"x":1},"b":{"x":2}}',
    /expected names of columns and numbers of rows, got objects of "a" and "x"; write it by to_json\(path, orient="records"\)/,
  );
  await fails("neither.json", '{"0":{"0":1}}', /expected names of columns and numbers of rows/);
  await fails("values.json", '[["a",1]]', /item 1: expected an object such as/);
  await fails(
    "uneven.json",
    '{"text":["a","b"],"label":[1]}',
    /expected columns equally long, got 2 values of "text" and 1 of "label"/,
  );
  await fails(
    "split.json",
    '{"columns":["a","b"],"index":[0],"data":[[1]]}',
    /row 1: expected 2 cells, as there are columns/,
  );
  assert.deepEqual(await rowsOf("row.json", '{"text":"a","y":1}'), [{ text: "a", y: "1" }]);
});

test("JSON Lines beyond the longest string are read line by line", async () => {
  const path = temporary("huge.jsonl", "");
  const file = openSync(path, "w");
  const line = Buffer.from(`${JSON.stringify({ text: "x".repeat(2 ** 23), y: "é" })}\n`);
  let count = 0;
  for (let size = 0; size < 2 ** 29 + 2 ** 24; size += line.length, count++) writeSync(file, line);
  closeSync(file);
  const { rows } = await readTable(path, { limit: 70 });
  assert.ok(count > 64);
  assert.equal(rows.length, Math.min(70, count));
  assert.ok(rows.every(({ text, y }) => text.length === 2 ** 23 && y === "é"));
});

test("A file that cannot be read is an error with the reason", async () => {
  await assert.rejects(
    readTable("nowhere/train.csv"),
    /^InputError: nowhere\/train\.csv: cannot be read \(no such file\)$/,
  );
  const folder = temporary("folder.csv/inside.txt", "").slice(0, -"/inside.txt".length);
  await assert.rejects(readTable(folder), /folder\.csv: cannot be read \(it is a folder\)/);
});

test("JSON nested so deep that nothing could walk over it is refused, in a file of lines, of one piece and of pandas", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const line = JSON.stringify({ text: "a" }).replace('"a"', deep);
  const message = /expected JSON, lists and objects at most 100 deep in it, got deeper ones$/;
  for (const [name, content] of [
    ["deep.json", deep],
    ["deep-rows.json", `[${line}]`],
    ["deep.jsonl", `${line}\n`],
    ["deep-second.jsonl", `{"text":"a"}\n${line}\n`],
    ["deep-columns.json", `{"text":{"0":${deep}}}`],
    ["deep-lists.json", `{"text":[${deep}]}`],
  ])
    await fails(name, content, message);
});
