import assert from "node:assert/strict";
import { test } from "node:test";
import { sayGaps } from "../../src/data/sayGaps";

const rows = (texts: string[], more: { pairs?: string[]; ids?: string[] } = {}) => ({
  ...{ source: "t.csv", texts, pairs: null, labels: null, ids: null },
  ...more,
});

test("Empty texts are counted, with the first of them, each column by itself", () => {
  assert.deepEqual(sayGaps(rows(["a", " ", "b", "", "\t"])), [
    "t.csv: 3 of 5 texts are empty, the first in row 2",
  ]);
  const columns = { text: "question", pair: "answer", label: null };
  assert.deepEqual(sayGaps({ ...rows(["a", ""], { pairs: ["", ""] }), columns }), [
    't.csv: 1 of 2 texts in column "question" are empty, the first in row 2',
    't.csv: 2 of 2 texts in column "answer" are empty, the first in row 1',
  ]);
});

test("Ids that are empty, and those that come again, are counted apart, with an example", () => {
  assert.deepEqual(sayGaps(rows(["a", "b", "c", "d", "e", "f"], { ids: ["7", "", "8", "7", "", "7"] })), [
    "t.csv: 2 of 6 ids are empty, the first in row 2",
    't.csv: 2 of 6 ids come again, the first "7", in rows 1 and 4',
  ]);
});

test("Where all is there, once, nothing is said", () => {
  assert.deepEqual(sayGaps(rows(["a", "b"], { ids: ["1", "1.0"] })), []);
  assert.deepEqual(sayGaps(rows(["a", "a"])), []);
});
