import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "../../src/text/json";
import { DEEPEST, nestedTooDeep } from "../../src/text/nestedTooDeep";

const lists = (depth: number, within = "") => `${"[".repeat(depth)}${within}${"]".repeat(depth)}`;

test("Lists and objects count together, those that have ended no more", () => {
  assert.equal(nestedTooDeep(lists(DEEPEST)), false);
  assert.equal(nestedTooDeep(lists(DEEPEST, "{}")), true);
  assert.equal(
    nestedTooDeep(
      `[${Array(1000)
        .fill(lists(DEEPEST - 1))
        .join()}]`,
    ),
    false,
  );
  assert.equal(nestedTooDeep('{"a":'.repeat(DEEPEST + 1)), true);
});

test("Brackets within strings are text, whatever is escaped beside them", () => {
  const brackets = "[".repeat(2 * DEEPEST);
  for (const text of [brackets, `\\"${brackets}`, `\\\\\\"${brackets}`, `${brackets}\\\\`])
    assert.equal(nestedTooDeep(`{"a": "${text}", "b": []}`), false, text.slice(0, 8));
  assert.equal(nestedTooDeep(`["\\\\",${brackets}`), true, "a string that ends in a backslash has ended");
  assert.equal(nestedTooDeep(`"${brackets}`), false, "one that never ends holds all that follows");
});

test("Where JSON is read, depth at which a walk over it would run out of stack is refused, naming the place", () => {
  assert.deepEqual(parseJson("a.json", lists(2)), [[]]);
  assert.throws(() => parseJson("a.json", lists(200_000)), {
    name: "InputError",
    message: "a.json: expected JSON, lists and objects at most 100 deep in it, got deeper ones",
  });
});
