import assert from "node:assert/strict";
import { test } from "node:test";
import { fromExactJson, toExactJson } from "../../src/text/exactJson";

test("plain data reads back as it was, numbers that JSON has no word for among it", () => {
  const data = {
    loss: Number.NaN,
    norms: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2, 5e-324],
    inside: { nothing: null, text: "NaN", list: [] },
  };
  assert.deepEqual(fromExactJson(toExactJson(data)), data);
});

test("what is undefined is left out, as in JSON", () => {
  assert.equal(toExactJson({ a: undefined, b: 1 }), '{"b":1}');
});
