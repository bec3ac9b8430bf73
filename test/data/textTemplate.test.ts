import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTemplate, templateColumns } from "../../src/data/textTemplate";

test("A template names each of its columns once, in their order", () => {
  assert.deepEqual(templateColumns("{title} [SEP] {body} ({title})"), ["title", "body"]);
  assert.deepEqual(templateColumns("text"), []);
  assert.deepEqual(templateColumns("{} {a b}"), ["a b"]);
});

test("What the columns hold stands in their place as it is, braces and dollars too", () => {
  const cells: Record<string, string> = { a: "$& {b}", b: "" };
  assert.equal(
    fillTemplate("{a}-{b}-{a}", (column) => cells[column]),
    "$& {b}--$& {b}",
  );
});
