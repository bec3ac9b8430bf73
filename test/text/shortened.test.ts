import assert from "node:assert/strict";
import { test } from "node:test";
import { shortened } from "../../src/text/shortened";

test("A text that fits stays as it is, a longer one is cut and says so", () => {
  assert.deepEqual(
    ["", "abc", "abcd", "abcde".repeat(1000)].map((text) => shortened(text, 3)),
    ["", "abc", "abc…", "abc…"],
  );
});

test("No letter is cut in two, whatever it takes", () => {
  assert.equal(shortened("🙂🙂🙂", 2), "🙂🙂…");
  assert.equal(shortened("🙂🙂🙂", 3), "🙂🙂🙂");
});
