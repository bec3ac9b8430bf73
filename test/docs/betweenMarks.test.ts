import assert from "node:assert/strict";
import { test } from "node:test";
import { betweenMarks } from "./betweenMarks";

const page = "before\n<!-- A table. -->\nold\n<!-- End of the table. -->\nafter\n";

test("What stands between the marks is replaced, and nothing else", () => {
  assert.equal(
    betweenMarks(page, "A table", "new\n"),
    "before\n<!-- A table. -->\nnew\n<!-- End of the table. -->\nafter\n",
  );
});

test("A page without the marks is an error that names them", () => {
  assert.throws(() => betweenMarks(page, "Another", ""), /expected <!-- Another\. --> and, below it/);
});
