import assert from "node:assert/strict";
import { test } from "node:test";
import { withinSeconds } from "../../../src/data/tokenizer/withinSeconds";

const late = () => new RangeError("too late");
const endless = () => /^(a+)+$/.test(`${"a".repeat(60)}!`);

test("What ends in time gives its value, or its own error", () => {
  assert.equal(
    withinSeconds(10, () => 3, late),
    3,
  );
  assert.throws(
    () =>
      withinSeconds(
        10,
        () => {
          throw new TypeError("its own");
        },
        late,
      ),
    { name: "TypeError", message: "its own" },
  );
});

test("An expression that never ends is ended, and the next call computes as if nothing had been", () => {
  assert.throws(() => withinSeconds(0.05, endless, late), { name: "RangeError", message: "too late" });
  assert.equal(
    withinSeconds(10, () => "next", late),
    "next",
  );
});

test("A call within another is held to the time of the outer one", () => {
  assert.equal(
    withinSeconds(10, () => withinSeconds(10, () => 5, late), late),
    5,
  );
  assert.throws(
    () => withinSeconds(0.05, () => withinSeconds(1000, endless, () => new Error("inner")), late),
    {
      message: "too late",
    },
  );
});
