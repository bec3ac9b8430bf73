import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSubmission } from "../../src/data/checkSubmission";
import type { Table } from "../../src/data/readTable";

/** A table by its header and lines, cells set apart by commas. */
const table = (path: string, header: string, ...lines: string[]): Table => {
  const columns = header.split(",");
  const rows = lines.map((line) =>
    Object.fromEntries(line.split(",").map((cell, i) => [columns[i], cell] as const)),
  );
  return { path, columns, rows };
};
const submission = (header: string, ...lines: string[]) => table("submission.csv", header, ...lines);
const sample = table("sample.csv", "id,target", "7,0", "3,0", "5,0");

const refused = (given: Table, message: string, by = sample) =>
  assert.throws(() => checkSubmission(given, by), { name: "InputError", message });

test("A submission of the sample's columns, ids and kinds of cells passes", () => {
  assert.doesNotThrow(() => checkSubmission(submission("id,target", "7,0.25", "3,1", "5,-2e-3"), sample));
  assert.doesNotThrow(() => checkSubmission(sample, sample));
});

test("Other columns are told, also the same ones in another order", () => {
  for (const header of ["id,label", "target,id", "id"])
    refused(
      submission(header, "7,0"),
      `submission.csv: expected the columns id, target, as sample.csv has them, got ${header.split(",").join(", ")}`,
    );
});

test("An id that is not the sample's, one that comes again and one that is missing are told by row", () => {
  refused(
    submission("id,target", "7,0", "9,0", "5,0"),
    'submission.csv, row 2, column "id": expected an id of sample.csv, got "9"',
  );
  refused(
    submission("id,target", "7,0", "07,0", "5,0"),
    'submission.csv, row 2, column "id": expected an id of sample.csv, got "07"',
  );
  refused(
    submission("id,target", "7,0", "3,0", "7,0"),
    'submission.csv, row 3, column "id": expected each id as often as in sample.csv, got "7" again',
  );
  refused(
    submission("id,target", "7,0", "3,0"),
    'submission.csv, column "id": expected a row for "5" (sample.csv, row 3), got none',
  );
});

test("The sample's ids in another order are told where they part", () => {
  refused(
    submission("id,target", "7,0", "5,0", "3,0"),
    'submission.csv, row 2, column "id": expected "3", got "5": the ids are those of sample.csv in another order; sort the rows as they are there',
  );
});

test("An id may come as often as it does in the sample", () => {
  const twice = table("sample.csv", "id,target", "7,0", "7,0");
  checkSubmission(submission("id,target", "7,1", "7,2"), twice);
  refused(
    submission("id,target", "7,1"),
    'submission.csv, column "id": expected a row for "7" (sample.csv, row 1), got none',
    twice,
  );
});

test("Where the sample has numbers, a text, an empty cell and what is not finite are told", () => {
  for (const cell of ["spam", "", "NaN", "inf", "1e999"])
    refused(
      submission("id,target", "7,1", "3,2", `5,${cell}`),
      `submission.csv, row 3, column "target": expected a finite number, as in sample.csv, got ${JSON.stringify(cell)}`,
    );
});

test("Where the sample has True and False, any other spelling is told", () => {
  const truths = table("sample.csv", "id,target", "7,False", "3,False");
  checkSubmission(submission("id,target", "7,True", "3,False"), truths);
  for (const cell of ["true", "1", ""])
    refused(
      submission("id,target", "7,True", `3,${cell}`),
      `submission.csv, row 2, column "target": expected True or False, as in sample.csv, got ${JSON.stringify(cell)}`,
      truths,
    );
});

test("Where the sample has texts, numbers in all rows are told; some may be texts that read as numbers", () => {
  const names = table("sample.csv", "id,target", "7,none", "3,none");
  checkSubmission(submission("id,target", "7,spam", "3,12"), names);
  refused(
    submission("id,target", "7,4", "3,12"),
    'submission.csv, row 1, column "target": expected texts, not a number in each row, as in sample.csv, got "4"',
    names,
  );
});

test("A column that the sample leaves empty may hold anything", () => {
  const empty = table("sample.csv", "id,target", "7,", "3,");
  for (const rows of [
    ["7,spam", "3,"],
    ["7,1", "3,2"],
  ])
    assert.doesNotThrow(() => checkSubmission(submission("id,target", ...rows), empty));
});

test("A row of one of several files is named by that file", () => {
  const given = {
    ...submission("id,target", "7,0", "3,0", "5,none"),
    files: [
      { path: "a.csv", rows: 2 },
      { path: "b.csv", rows: 1 },
    ],
  };
  refused(given, 'b.csv, row 1, column "target": expected a finite number, as in sample.csv, got "none"');
});
