import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import { parseRates } from "../../src/cli/parseRates";

test("One rate is a number, several are a list, and auto is left to the sweep", () => {
  assert.equal(parseRates("5e-5"), 5e-5);
  assert.deepEqual(parseRates("5e-5,2e-4, 1e-3"), [5e-5, 2e-4, 1e-3]);
  assert.equal(parseRates(" auto "), "auto");
});

test("What is no rate is refused in a sentence, as is one that stands twice", () => {
  for (const [text, message] of [
    ["", "Expected a number of at least 0."],
    ["-1", "Expected a number of at least 0."],
    ["fast", "Expected a number of at least 0."],
    ["5e-5,", 'Expected a number above 0, got "".'],
    ["5e-5,x", 'Expected a number above 0, got "x".'],
    ["5e-5,auto", 'Expected a number above 0, got "auto".'],
    ["5e-5,-1e-3", "Expected a number above 0, got -0.001."],
    ["5e-5,0", "Expected a number above 0, got 0."],
    ["5e-5,1e-3,0.00005", "Expected each once, got 0.00005 twice."],
  ])
    assert.throws(
      () => parseRates(text),
      (error: Error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.equal(error.message, message);
        return true;
      },
    );
});
