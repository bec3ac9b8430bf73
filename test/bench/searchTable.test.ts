import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeCase, WRONG } from "./fakeVerdict";
import { DEEP_NAME } from "./parts/searchPart";
import { searchTable } from "./searchTable";

test("Each search stands beside the grid, with difference, regret and times; those that are wrong are named.", () => {
  const lines = searchTable({
    "a/train.csv, 300 + 600 rows, split 0": fakeCase(),
    "b/train.csv, 300 + 600 rows, split 1": fakeCase(WRONG),
    [DEEP_NAME]: { kit: [{ seconds: [1, 10] }], peer: [] },
  });
  assert.deepEqual(
    lines.filter((line) => /^\| [ab]/.test(line)),
    [
      "| a/train.csv, 300 + 600 rows, split 0 | 5 | 4 at 1e-3 | 4 at 1e-3 | the same | 0.00 | yes | 0.50 | 0.13 | 0.06 |",
      "| b/train.csv, 300 + 600 rows, split 1 | 5 | 6 at 3e-2 | 4 at 1e-3 | -0.0625 [-0.1250, -0.0313] | 2.00 | no | 1.50 | 0.25 | 0.13 |",
    ],
  );
  assert.equal(lines.at(-2), "Where the search was wrong: b/train.csv, 300 + 600 rows, split 1.");
});

test("Without a wrong one it says so, and without cases there is no table.", () => {
  assert.equal(searchTable({ a: fakeCase({ search: { n: -1, learningRate: null } }) }).at(-2), "All agree.");
  assert.deepEqual(searchTable({ [DEEP_NAME]: { kit: [{ seconds: [1, 10] }], peer: [] } }), []);
});
