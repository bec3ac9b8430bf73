import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTable } from "../../src/data/readTable";
import { writeTable } from "../../src/data/writeTable";
import { InputError } from "../../src/errors";
import { folder } from "../cli/frostkit";

const path = join(folder, "out", "submission.csv");

test("A submission has the columns in the order they are named in, and reads as it was written", async () => {
  writeTable(path, { id: ["7", "3"], target: Int32Array.of(1, 0), text: ['so, "so"', "two\nlines"] });
  assert.equal(readFileSync(path, "utf8"), 'id,target,text\n7,1,"so, ""so"""\n3,0,"two\nlines"\n');
  const { columns, rows } = await readTable(path);
  assert.deepEqual(columns, ["id", "target", "text"]);
  assert.deepEqual(rows[1], { id: "3", target: "0", text: "two\nlines" });
});

test("A table of the same columns, as an earlier run wrote it, is replaced, and so is an empty file", () => {
  writeTable(path, { id: ["1"], target: ["a"], text: ["b"] });
  assert.equal(readFileSync(path, "utf8"), "id,target,text\n1,a,b\n");
  const empty = join(folder, "empty.csv");
  writeFileSync(empty, "");
  writeTable(empty, { id: ["1"] });
  assert.equal(readFileSync(empty, "utf8"), "id\n1\n");
});

test("Any other file stays: a table of other columns, something that is no table, a folder, a device", () => {
  const theirs = join(folder, "train.csv");
  for (const content of ["id,text,target\n1,a,b\n", "id\n", "id,target", "\ufeffid,target\n", "notes"]) {
    writeFileSync(theirs, content);
    assert.throws(() => writeTable(theirs, { id: ["1"], target: ["a"] }), {
      name: "InputError",
      message: `${theirs}: expected no file, or a table with the columns id, target, got another file; name a new one, or remove this one`,
    });
    assert.equal(readFileSync(theirs, "utf8"), content);
  }
  assert.throws(() => writeTable(folder, { id: ["1"] }), /: expected a file to write, got the folder /);
  assert.throws(() => writeTable("/dev/null", { id: ["1"] }), /: expected a file to write, got the device /);
  assert.ok(statSync("/dev/null").isCharacterDevice());
});

test("What is no table is refused, and nothing is written", () => {
  const other = join(folder, "out", "other.csv");
  const refused = (columns: Parameters<typeof writeTable>[1], message: RegExp) =>
    assert.throws(
      () => writeTable(other, columns),
      (error) => error instanceof InputError && message.test(error.message),
    );
  refused({ id: null, target: ["1"] }, /other\.csv: expected values for the column "id", got null$/);
  refused({ id: ["1", "2"], target: ["1"] }, /equally long, got 2 values of id and 1 of target$/);
  refused({ id: ["1"], 0: [0.5] }, /expected a column's name, got the whole number 0$/);
  refused(
    { id: ["1", "2"], target: [0.5, Number.NaN] },
    /expected texts and finite numbers in the column "target", got NaN in row 2$/,
  );
  refused({ id: ["1", undefined as never] }, /in the column "id", got undefined in row 2$/);
  refused({}, /expected columns to write, got none$/);
  assert.ok(!existsSync(other));
});
