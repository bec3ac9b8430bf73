import assert from "node:assert/strict";
import { test } from "node:test";
import { differences } from "../../src/text/differences";

test("settings that differ are named with both values, four of them at most", () => {
  assert.equal(differences({ a: 1, b: [1, "x"] }, { b: [1, "x"], a: 1 }), null);
  assert.equal(
    differences({ a: 1, b: "x" }, { a: 2, c: [0.9] }),
    'a 1, here 2, b "x", here left out, c left out, here [0.9]',
  );
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, i]));
  assert.match(differences(many, {})!, /^s0 0, here left out, .* and 5 more$/);
});
