import assert from "node:assert/strict";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { temporary } from "./temporary";

const a = temporary("join/a.csv", "text,target\none,0\ntwo,1\n");
const b = temporary("join/b.jsonl", '{"target":1,"text":"three"}\n');

test("Several files are one table, in their order, whatever each is written as and however its columns stand", async () => {
  const table = await readTable([a, b]);
  assert.deepEqual(table, {
    path: `${a}, ${b}`,
    files: [
      { path: a, rows: 2 },
      { path: b, rows: 1 },
    ],
    columns: ["text", "target"],
    rows: [
      { text: "one", target: "0" },
      { text: "two", target: "1" },
      { target: "1", text: "three" },
    ],
  });
  assert.deepEqual(textDataset(table, { label: "target", log: () => {} }).texts, ["one", "two", "three"]);
  assert.deepEqual(await readTable([a]), await readTable(a), "one in a list is one");
});

test("A limit counts the rows of all files, and does not open those that it does not reach", async () => {
  const texts = async (limit: number, ...paths: string[]) =>
    (await readTable(paths, { limit })).rows.map(({ text }) => text);
  assert.deepEqual(await texts(3, a, b), ["one", "two", "three"]);
  assert.deepEqual(await texts(2, a, b), ["one", "two"]);
  assert.deepEqual(await texts(2, b, a), ["three", "one"]);
  assert.deepEqual(await texts(1, a, "nowhere.csv"), ["one"]);
  await assert.rejects(texts(3, a, "nowhere.csv"), /nowhere\.csv: cannot be read \(no such file\)/);
});

test("Files of other columns are refused with the difference", async () => {
  const fails = (content: string, message: RegExp) =>
    assert.rejects(readTable([a, temporary("join/c.csv", content)]), { name: "InputError", message });
  await fails(
    "text,label\nx,1\n",
    /c\.csv: expected the columns of .*a\.csv, got a table without "target" and with "label" besides; files that/,
  );
  await fails(
    "text\nx\n",
    /c\.csv: expected the columns of .*a\.csv, got a table without "target"; files that/,
  );
  await fails("id,text,target\n1,x,1\n", /got a table with "id" besides; files that/);
});

test("A file that is named twice, or no file, is refused", async () => {
  await assert.rejects(readTable([a, b, a]), { message: `path: expected each file once, got ${a} twice` });
  for (const none of [[], [a, ""], [a, 7]])
    await assert.rejects(readTable(none as string[]), {
      name: "InputError",
      message: /^readTable: path: expected the path of a table, or a list of such paths, got /,
    });
});

test("Messages on a row name the file it is in, and its number there", async () => {
  const c = temporary("join/c.csv", "text,target,id\nfour,1,7\n,x,7\n");
  const d = temporary("join/d.csv", "text,target,id\nfive,0,8\nsix,1,7\n");
  const table = await readTable([d, c]);
  assert.throws(() => textDataset(table, { label: "target", classes: ["0", "1"] }), {
    message: `${c}, row 2, column "target": "x" is none of the classes known from training: "0", "1"`,
  });
  const said: string[] = [];
  textDataset(table, { id: "id", log: (line) => said.push(line) });
  assert.deepEqual(said, [
    `${d}, ${c}: 1 of 4 texts in column "text" are empty, the first in ${c}, row 2`,
    `${d}, ${c}: 2 of 4 ids come again, the first "7", in ${d}, row 2 and in ${c}, row 1`,
  ]);
  // Rows that were left out by hand have other numbers.
  const fewer = { ...table, rows: table.rows.slice(1) };
  assert.throws(() => textDataset(fewer, { label: "target", classes: ["0", "1"] }), {
    message: `${d}, ${c}, row 3, column "target": "x" is none of the classes known from training: "0", "1"`,
  });
});
