import assert from "node:assert/strict";
import { test } from "node:test";
import { decimalOf } from "../../src/data/decimalOf";

test("Each number has one spelling", () => {
  const spellings: Record<string, string[]> = {
    0: ["0", "0.0", "-0", "+0.", ".0", "000", "0e7"],
    1: ["1", "1.0", "+1", "01", "10e-1", "0.1E1", "1.", "１", "＋１．０"],
    "-2.5": ["-2.5", "-2.50", "-25e-1", "-0.25e1"],
    100: ["100", "1e2", "100.00"],
    0.001: ["0.001", "1e-3", ".001"],
    "1e400": ["1e400", "10e399"],
  };
  for (const [one, all] of Object.entries(spellings))
    for (const spelt of all) assert.equal(decimalOf(spelt), one, spelt);
});

test("Digits beyond a double's are kept apart", () => {
  assert.notEqual(decimalOf("9007199254740993"), decimalOf("9007199254740992"));
  assert.equal(decimalOf("9007199254740993.0"), "9007199254740993");
});

test("What is no decimal number has none", () => {
  for (const text of [
    "",
    ".",
    "-",
    "e5",
    "1e",
    "0x10",
    "1_0",
    "1,5",
    " 1",
    "Infinity",
    "NaN",
    "1.2.3",
    "one",
  ])
    assert.equal(decimalOf(text), null, text);
});
