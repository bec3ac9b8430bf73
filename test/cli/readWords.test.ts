import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Command } from "commander";
import { readWords, readWordTable } from "../../src/cli/readWords";
import type { Table } from "../../src/data/readTable";
import { makeFolder } from "../checkpoint/madeByHand";

const table = (column: string, cells: string[]): Table => ({
  path: "train.csv",
  columns: [column],
  rows: cells.map((cell) => ({ [column]: cell })),
});

const read = (from: Table, ...argv: string[]) => {
  const command = new Command().option("--text <column>").option("--label <column>");
  command.parse(argv, { from: "user" });
  return readWords(from, command, { labelled: false, log: assert.fail });
};

describe("A column is of words", () => {
  const lists = ['["Ada", "lives"]', '["Paris"]'];

  it("where it is called tokens, or holds a JSON list in each cell that is not empty", () => {
    for (const rows of [read(table("tokens", lists)), read(table("words", lists), "--text", "words")]) {
      assert.deepEqual(rows.texts, ["Ada lives", "Paris"]);
      assert.deepEqual(
        rows.words!.map(({ length }) => length),
        [2, 1],
      );
    }
    assert.throws(() => read(table("tokens", ["Ada lives"])), {
      message: /train.csv, row 1: expected a list of words as JSON in column "tokens", got "Ada lives"$/,
    });
    assert.throws(() => read(table("words", [...lists, ""]), "--text", "words"), {
      message: /row 3: expected a list of words as JSON in column "words", got ""/,
    });
  });

  it("and else of texts, though one of them begins as a list does, or is one", () => {
    for (const text of ['["No"] she said', '["No", "yes"]', "['No', 'yes']"]) {
      const rows = read(table("text", ["Ada lives", text]));
      assert.deepEqual([rows.texts, rows.words], [["Ada lives", text], null]);
    }
    assert.equal(read(table("text", ["[a] b [c]", "[1] It rains"])).words, null);
    assert.equal(read(table("text", ["", " "])).words, null);
  });

  it("and refused where Python or NumPy wrote the lists, with what writes them as JSON", () => {
    const message =
      /^train.csv, row 1: expected a list of words as JSON in column "[a-z]+", got .*, a list as Python prints it; write the column by json.dumps, or the table as JSON Lines$/;
    for (const cell of ["['Ada', 'lives']", "['Ada' 'lives']", `["it's", 'Ada']`, "['Ada',]"]) {
      const expected = { name: "InputError", message };
      assert.throws(() => read(table("tokens", [cell])), expected, cell);
      assert.throws(() => read(table("text", [cell, "", '["Ada"]'])), expected, cell);
    }
  });
});

it("A CoNLL file is read by --encoding and --limit, and --delimiter refused", async () => {
  const path = join(makeFolder(), "train.conll");
  writeFileSync(path, Buffer.from("Jos\xe9 B-PER\n\nParis B-LOC\n", "latin1"));
  const { rows } = await readWordTable([path], { encoding: "windows-1252", limit: 1 });
  assert.deepEqual(rows, [{ tokens: '["José"]', ner_tags: '["B-PER"]' }]);
  await assert.rejects(readWordTable([path], { encoding: "utf-8", limit: 1 }), { message: /expected UTF-8/ });
  await assert.rejects(readWordTable([path], { encoding: "utf-8", delimiter: ";" }), {
    name: "InputError",
    message: /^--delimiter: expected a CSV or TSV to read by it, got .*train.conll, .*; leave it out$/,
  });
});
