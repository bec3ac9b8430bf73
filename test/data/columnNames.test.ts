import assert from "node:assert/strict";
import { test } from "node:test";
import { columnNames } from "../../src/data/columnNames";

// Expected values are those of pandas 3.1's read_csv.
const CASES: [header: string[], columns: string[]][] = [
  [
    ["v1", "v2", "", "", ""],
    ["v1", "v2", "Unnamed: 2", "Unnamed: 3", "Unnamed: 4"],
  ],
  [
    ["a", "a"],
    ["a", "a.1"],
  ],
  [
    ["a", "a", "a.1"],
    ["a", "a.2", "a.1"],
  ],
  [
    ["a.1", "a", "a"],
    ["a.1", "a", "a.2"],
  ],
  [
    ["", "Unnamed: 0"],
    ["Unnamed: 0.1", "Unnamed: 0"],
  ],
  [
    ["Unnamed: 1", ""],
    ["Unnamed: 1", "Unnamed: 1.1"],
  ],
  [
    ["a", "a", "a.1", "a"],
    ["a", "a.2", "a.1", "a.3"],
  ],
  [
    ["a.1", "a.1", "a", "a", "a.1.1"],
    ["a.1", "a.1.2", "a", "a.2", "a.1.1"],
  ],
  [
    [" ", "  ", " "],
    [" ", "  ", " .1"],
  ],
  [
    ["", "", ""],
    ["Unnamed: 0", "Unnamed: 1", "Unnamed: 2"],
  ],
  [
    ["x", "Unnamed: 0.1", "", "Unnamed: 2", "Unnamed: 2"],
    ["x", "Unnamed: 0.1", "Unnamed: 2.2", "Unnamed: 2", "Unnamed: 2.1"],
  ],
  [
    ["b", "", "", "Unnamed: 2", ""],
    ["b", "Unnamed: 1", "Unnamed: 2.1", "Unnamed: 2", "Unnamed: 4"],
  ],
  [
    ["a", "", "a"],
    ["a", "Unnamed: 1", "a.1"],
  ],
  [
    ["", "Unnamed: 0", "b", "b", "a"],
    ["Unnamed: 0.1", "Unnamed: 0", "b", "b.1", "a"],
  ],
  [
    ["", "a.2", "Unnamed: 2", "b", "a.1", "Unnamed: 0", "a"],
    ["Unnamed: 0.1", "a.2", "Unnamed: 2", "b", "a.1", "Unnamed: 0", "a"],
  ],
  [
    ["a", "", "Unnamed: 2", "a.1", "", "Unnamed: 2"],
    ["a", "Unnamed: 1", "Unnamed: 2", "a.1", "Unnamed: 4", "Unnamed: 2.1"],
  ],
  [
    ["", "Unnamed: 0", "a.1", "a.2", "a.1"],
    ["Unnamed: 0.1", "Unnamed: 0", "a.1", "a.2", "a.1.1"],
  ],
  [
    ["a.1", "b", "", "a.2", "a", "", "b"],
    ["a.1", "b", "Unnamed: 2", "a.2", "a", "Unnamed: 5", "b.1"],
  ],
  [
    ["Unnamed: 0", "", "Unnamed: 0", "b", "Unnamed: 2", "a.1", "a.2"],
    ["Unnamed: 0", "Unnamed: 1", "Unnamed: 0.1", "b", "Unnamed: 2", "a.1", "a.2"],
  ],
];

test("A header's names are those that pandas gives its columns", () => {
  for (const [header, columns] of CASES) assert.deepEqual(columnNames(header), columns, `${header}`);
});
