import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import { decimal, depth, depths, wholeNumber, wholeNumbers } from "../../src/cli/parseNumbers";

test("A number that float32 does not hold is refused", () => {
  assert.equal(decimal(0)("3e38"), 3e38);
  refuses(() => decimal(0)("1e39"), /^Expected a number of at least 0\.$/);
});

const refuses = (parse: () => unknown, message: RegExp) =>
  assert.throws(
    parse,
    (error: Error) => error instanceof InvalidArgumentError && message.test(error.message),
  );

test("Depths are a list, a range with both ends, or a mixture", () => {
  assert.deepEqual(wholeNumbers("3"), [3]);
  assert.deepEqual(wholeNumbers("-1,0,3"), [-1, 0, 3]);
  assert.deepEqual(wholeNumbers("0..6"), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(wholeNumbers("-1..2"), [-1, 0, 1, 2]);
  assert.deepEqual(wholeNumbers("-3..-2, 4,6..7"), [-3, -2, 4, 6, 7]);
});

test("What is no list of whole numbers is refused, with an example of one", () => {
  for (const text of ["", "x", "1,", "1.5", "0...3", "3..", "6..0", "1 2", "1e3", "0-6", "NaN"])
    refuses(() => wholeNumbers(text), /whole numbers such as 0\.\.6 or -1,0,3/);
});

test("The depth at which nothing is frozen is -1 or none, alone and among others", () => {
  assert.deepEqual(["-1", "none", " NONE ", "0", "12"].map(depth), [-1, -1, -1, 0, 12]);
  assert.deepEqual(depths("none"), [-1]);
  assert.deepEqual(depths("none,0..2"), [-1, 0, 1, 2]);
  assert.deepEqual(depths("3, none"), [3, -1]);
  assert.deepEqual(depths("-1..1"), [-1, 0, 1]);
  for (const text of ["all", "-2", "half", "", "1.5", "0,1", "nonesuch"])
    refuses(() => depth(text), /^Expected how many blocks to freeze, as 3, or none\.$/);
  for (const text of ["all", "none..3", "0-6", "nonesuch", ""])
    refuses(
      () => depths(text),
      /^Expected whole numbers such as 0\.\.6 or -1,0,3, where -1 may be written none\.$/,
    );
  refuses(() => depths("none,0..60000000"), /at most 1000/);
  refuses(() => wholeNumbers("none"), /whole numbers/);
});

test("A range that a slip made endless is refused", () => {
  assert.equal(wholeNumbers("1..1000").length, 1000);
  refuses(() => wholeNumbers("0..60000000"), /at most 1000/);
});

test("A whole number keeps its bound and is written in digits", () => {
  assert.equal(wholeNumber(1)("12"), 12);
  assert.equal(wholeNumber()("-3"), -3);
  for (const text of ["0", "two", "", "2.5", "1e2", "0x10", "9007199254740993"])
    refuses(() => wholeNumber(1)(text), /Expected a whole number of at least 1/);
});

test("A number may be written as 5e-5, and keeps its bounds", () => {
  assert.equal(decimal(0)("5e-5"), 0.00005);
  assert.equal(decimal(0, 1)("1"), 1);
  for (const text of ["", " ", "1,5", "Infinity", "-0.1", "1.1"])
    refuses(() => decimal(0, 1)(text), /Expected a number from 0 to 1/);
  refuses(() => decimal(0)("-1"), /of at least 0/);
});
