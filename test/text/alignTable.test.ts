import assert from "node:assert/strict";
import { test } from "node:test";
import { alignTable } from "../../src/text/alignTable";

test("Columns are as wide as their widest cell; those named stand on the right, and no line ends in blanks", () => {
  const rows = [
    ["epoch", "loss", "note"],
    ["1", "0.5", ""],
    ["10", "0.4321", "best"],
  ];
  assert.equal(alignTable(rows, [0, 1]), "epoch    loss  note\n    1     0.5\n   10  0.4321  best");
  assert.equal(alignTable(rows), "epoch  loss    note\n1      0.5\n10     0.4321  best");
});
