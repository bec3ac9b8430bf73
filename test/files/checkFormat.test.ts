import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFormat, LaterFormat } from "../../src/files/checkFormat";

test("A format that is known passes, the newest and those before it", () => {
  for (const format of [1, 2, 3]) assert.doesNotThrow(() => checkFormat("a.json", format, 3));
});

test("A later one is an error of its own, in one line that says what to do", () => {
  assert.throws(() => checkFormat("a.json, line 4", 4, 3), {
    name: "InputError",
    message:
      "a.json, line 4: was written by a later frostkit (format 4; this one reads up to 3): update frostkit to read it",
  });
  assert.throws(
    () => checkFormat("a.json", 2, 1),
    (error) => error instanceof LaterFormat,
  );
});

test("What is no format is refused, and is no later one", () => {
  for (const [format, said] of [
    [0, "0"],
    [1.5, "1.5"],
    [-1, "-1"],
    ["2", '"2"'],
    [null, "null"],
    [Number.NaN, "NaN"],
    [undefined, "undefined"],
  ] as const)
    assert.throws(
      () => checkFormat("a.json", format, 1),
      (error: Error) =>
        !(error instanceof LaterFormat) && error.message === `a.json: expected format 1, got ${said}`,
    );
});
