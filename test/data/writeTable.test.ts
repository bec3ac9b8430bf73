import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
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

test("A file that is there is replaced", () => {
  writeTable(path, { id: ["1"] });
  assert.equal(readFileSync(path, "utf8"), "id\n1\n");
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
